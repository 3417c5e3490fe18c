import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs, type Dirs } from "../../../core/dirs/dirs.ts";
import { eventsFile } from "../../../core/dirs/paths.ts";
import { emitEvent, type EventInput } from "../../../core/event/emit.ts";
import { readEvents, type EventsRequest } from "../../../core/event/read.ts";

const test = suite<{ root: string; dirs: Dirs }>("event read");
test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), "cala-event-"));
  context.dirs = resolveDirs({}, context.root);
});
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

const happened: readonly EventInput[] = [
  { type: "container", status: "create", id: "c1aaa", name: "web", image: "docker.io/library/nginx:latest", attributes: { tier: "front" } },
  { type: "container", status: "died", id: "c1aaa", name: "web", image: "docker.io/library/nginx:latest", attributes: { tier: "front" }, exitCode: 3 },
  { type: "container", status: "died", id: "c2bbb", name: "db", image: "localhost/db:1" },
  { type: "image", status: "pull", id: "i1", name: "docker.io/library/nginx:latest" },
  { type: "volume", status: "create", name: "data" },
];

const names = async (dirs: Dirs, request: Partial<EventsRequest>): Promise<string[]> => {
  const found: string[] = [];
  for await (const event of readEvents(dirs, { filters: [], stream: false, ...request })) found.push(`${event.Type}:${event.Status}:${event.Name ?? ""}`);
  return found;
};

const table: readonly (readonly [filters: readonly (readonly [string, string])[], number])[] = [
  [[], 5], [[["event", "died"]], 2], [[["event", "die"]], 2], [[["event", "died"], ["event", "create"]], 4], [[["event", "create"], ["type", "volume"]], 1], [[["container", "web"]], 2],
  [[["container", "c1a"]], 2], [[["image", "nginx"]], 3], [[["image", "docker.io/library/nginx:latest"]], 3], [[["label", "tier=front"]], 2], [[["label", "tier"]], 2], [[["label", "tier=back"]], 0], [[["volume", "data"]], 1],
];
for (const [filters, count] of table) {
  test(`filters ${JSON.stringify(filters)} find ${count}`, async ({ dirs }) => {
    for (const event of happened) emitEvent({ dirs }, event);
    assert.is((await names(dirs, { filters })).length, count);
  });
}

test("a filter that there is not is refused", async ({ dirs }) => {
  const error = await names(dirs, { filters: [["colour", "red"]] }).catch((thrown: Error) => thrown);
  assert.match(String(error), /not a filter for events/);
});

test("the file that was put aside is read first, a torn line is left out, and times bound what is told", async ({ dirs }) => {
  mkdirSync(dirs.state, { recursive: true });
  const line = (time: string, name: string): string => `${JSON.stringify({ Time: time, Type: "volume", Status: "create", Name: name })}\n`;
  writeFileSync(`${eventsFile(dirs)}.1`, line("2026-01-01T00:00:00.000000Z", "old"));
  writeFileSync(eventsFile(dirs), `${line("2026-01-02T00:00:00.000000Z", "newer")}{"Time":"2026\n${line("2026-01-03T00:00:00.000000Z", "newest")}`);
  assert.equal(await names(dirs, {}), ["volume:create:old", "volume:create:newer", "volume:create:newest"]);
  assert.equal(await names(dirs, { sinceMs: Date.parse("2026-01-02T00:00:00Z"), untilMs: Date.parse("2026-01-02T12:00:00Z") }), ["volume:create:newer"]);
});

test("a stream goes on through a rotation, misses nothing, and ends when it is told to", async ({ dirs }) => {
  const abort = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const event of readEvents(dirs, { filters: [], stream: true, sinceMs: 0, signal: abort.signal })) {
      seen.push(event.Name ?? "");
      if (seen.length === 300) abort.abort();
    }
  })();
  for (let index = 0; index < 300; index += 1) {
    emitEvent({ dirs }, { type: "volume", status: "create", name: `v${index}` });
    if (index % 100 === 50) renameSync(eventsFile(dirs), `${eventsFile(dirs)}.1`);
    if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (index % 100 === 40) for (const deadline = Date.now() + 60_000; seen.length <= index && Date.now() < deadline; ) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await reading;
  assert.equal(seen, Array.from({ length: 300 }, (_, index) => `v${index}`));
});

test("a stream ends at its time", async ({ dirs }) => {
  assert.equal(await names(dirs, { stream: true, untilMs: Date.now() + 50 }), []);
});

test("a monitor's line has its signal among the attributes", async ({ dirs }) => {
  emitEvent({ dirs }, { type: "volume", status: "create", name: "first" });
  appendFileSync(eventsFile(dirs), '{"Time":"2026-01-01T00:00:00.000000001Z","Type":"container","Status":"kill","Signal":"9","ID":"c","Attributes":{"a":"b"}}\n');
  for await (const event of readEvents(dirs, { filters: [["event", "kill"]], stream: false })) assert.equal(event.Attributes, { a: "b", signal: "9" });
});

test.run();

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs, type Dirs } from "../../../core/dirs/dirs.ts";
import { eventsFile } from "../../../core/dirs/paths.ts";
import { emitEvent, eventFileBytes } from "../../../core/event/emit.ts";

const test = suite<{ root: string; dirs: Dirs }>("event emit");
test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), "cala-event-"));
  context.dirs = resolveDirs({}, context.root);
});
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

test("an event is one line of JSON in podman's words; the directory is made for the first", ({ dirs }) => {
  emitEvent({ dirs }, { type: "container", status: "died", id: "abc", name: "web", image: "nginx", attributes: { tier: "front\n" }, exitCode: 0 });
  emitEvent({ dirs }, { type: "volume", status: "create", name: "data" });
  const lines = readFileSync(eventsFile(dirs), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.match(String(lines[0]?.["Time"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.ok(Math.abs(Date.parse(String(lines[0]?.["Time"])) - Date.now()) < 60_000);
  const { Time: _, ...first } = lines[0] ?? {};
  assert.equal(first, { Type: "container", Status: "died", ContainerExitCode: 0, ID: "abc", Name: "web", Image: "nginx", Attributes: { tier: "front\n" } });
  assert.equal(Object.keys(lines[1] ?? {}).sort(), ["Name", "Status", "Time", "Type"]);
});

test("a file that has grown is put aside, and the next event begins another", ({ dirs }) => {
  mkdirSync(dirs.state, { recursive: true });
  writeFileSync(eventsFile(dirs), `${"x".repeat(eventFileBytes)}\n`);
  emitEvent({ dirs }, { type: "image", status: "pull", name: "last of the old" });
  assert.not.ok(existsSync(eventsFile(dirs)));
  assert.match(readFileSync(`${eventsFile(dirs)}.1`, "utf8").slice(-200), /last of the old/);
  emitEvent({ dirs }, { type: "image", status: "pull", name: "first of the new" });
  assert.ok(statSync(eventsFile(dirs)).size < 300);
});

test("an event that cannot be written fails no verb", ({ dirs, root }) => {
  writeFileSync(join(root, "state"), "not a directory");
  emitEvent({ dirs }, { type: "image", status: "pull", name: "lost" });
});

test.run();

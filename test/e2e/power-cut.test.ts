/** What a power cut may leave: a layer in its place whose contents the disk never got. */
import { mkdirSync, readdirSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { asNamespaceRoot } from "./harness/debian.ts";
import { entriesOf } from "./harness/leaks.ts";
import { runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "power-cut", ["busybox"]);
const marks = join(cala.root, "data/unsynced");
const layers = join(cala.root, "data/layers");
const otherBoot = "00000000-0000-4000-8000-000000000000";
const allWritten = async (): Promise<unknown> => await waitFor("the disk to have everything", () => entriesOf(marks).length === 0, 60_000);

const layerNames = (): string[] => readdirSync(layers).sort();

/** As after a reboot in which the marks' process did not come to its end. */
function markAll(): readonly string[] {
  const names = layerNames();
  mkdirSync(marks, { recursive: true });
  for (const name of names) writeFileSync(join(marks, `${name}.${otherBoot}`), "");
  return names;
}

test("after a pull everything is written to disk in the background, and the marks go", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  assert.ok(readdirSync(layers).length >= 2);
  await allWritten();
});

test("whole layers of a boot that ended early are believed after a look", async () => {
  const names = markAll();
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "--pull", "never", "busybox", "echo", "whole"]), "whole");
  assert.equal(entriesOf(marks), []);
  assert.equal(layerNames(), names);
});

test("a layer that lost a file's contents, its split file or its record is thrown away and pulled again", async () => {
  for (const [what, damage] of [
    ["contents", async (layer: string) => void await runOk("unshare", [...asNamespaceRoot(), "sh", "-c", `find "$1/diff" -type f -size +0 | head -1 | while read -r file; do : > "$file"; done`, "sh", layer])],
    ["split file", async (layer: string) => await Promise.resolve(truncateSync(join(layer, "split"), 0))],
    ["record", async (layer: string) => await Promise.resolve(truncateSync(join(layer, "record.json"), 0))],
  ] as const) {
    const names = markAll();
    await damage(join(layers, names[0] ?? ""));
    assert.is(await cala.ok(["run", "--rm", "--network", "none", "-q", "busybox", "echo", "again"]), "again", what);
    assert.equal(layerNames(), names, what);
    await allWritten();
  }
});

test("a damaged layer stops a container that exists with a clear error, until its image is pulled again", async () => {
  await cala.ok(["create", "--name", "kept", "--network", "none", "busybox", "echo", "kept"]);
  const [name = ""] = markAll();
  renameSync(join(layers, name, "split"), join(layers, name, "gone"));
  const refused = await cala.fails(["start", "-a", "kept"]);
  assert.is(refused.code, 125);
  assert.match(refused.stderr, "pull the image again");
  await cala.ok(["pull", "-q", "busybox"]);
  assert.is(await cala.ok(["start", "-a", "kept"]), "kept");
  await allWritten();
});

test.run();

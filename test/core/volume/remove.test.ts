import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Dirs } from "../../../core/dirs/dirs.ts";
import type { NamespaceSite } from "../../../core/idmap/spawn-in-namespace.ts";
import { createVolume } from "../../../core/volume/create.ts";
import { inspectVolumeIfThere } from "../../../core/volume/inspect.ts";
import { listVolumes, volumeDataDir } from "../../../core/volume/record.ts";
import { pruneVolumes, removeVolume } from "../../../core/volume/remove.ts";
import { resolveVolume } from "../../../core/volume/resolve.ts";

const test = suite<{ site: NamespaceSite; dirs: Dirs }>("volume remove");
const usersOf = (name: string): readonly string[] => (name === "used" ? ["c1"] : []);
test.before.each((context) => {
  const root = mkdtempSync(join(tmpdir(), "cala-volume-"));
  context.dirs = { config: root, data: join(root, "data"), state: root, cache: root, runtime: root };
  context.site = { dirs: context.dirs, env: {} };
});
test.after.each(({ dirs }) => rmSync(dirs.config, { recursive: true, force: true }));
const failure = async (work: Promise<unknown>): Promise<(Error & { code?: string; exitCode?: number }) | undefined> => work.then(() => undefined, (thrown: Error) => thrown);

test("a volume goes with its data", async ({ dirs, site }) => {
  createVolume(dirs, { name: "v" });
  writeFileSync(join(volumeDataDir(dirs, "v"), "x"), "");
  assert.is(await removeVolume(site, "v", usersOf), "v");
  assert.equal([readdirSync(join(dirs.data, "volumes")), readdirSync(join(dirs.data, "staging"))], [[], []]);
});
test("one in use stays and names its users", async ({ dirs, site }) => {
  createVolume(dirs, { name: "used" });
  const error = await failure(removeVolume(site, "used", usersOf));
  assert.equal([error?.code, error?.exitCode], ["volume-in-use", 2]);
  assert.match(error?.message ?? "", /c1/);
  assert.is(listVolumes(dirs).length, 1);
});
test("a container that takes the volume meanwhile keeps it with its content", async ({ dirs, site }) => {
  createVolume(dirs, { name: "v" });
  writeFileSync(join(volumeDataDir(dirs, "v"), "x"), "kept");
  const answers = [[], ["late"]];
  assert.is((await failure(removeVolume(site, "v", () => answers.shift() ?? ["late"])))?.code, "volume-in-use");
  assert.ok(existsSync(join(volumeDataDir(dirs, "v"), "x")));
});
test("of two that remove a volume at once, one does", async ({ dirs, site }) => {
  createVolume(dirs, { name: "v" });
  const outcomes = await Promise.all([failure(removeVolume(site, "v", usersOf)), failure(removeVolume(site, "v", usersOf))]);
  assert.equal(outcomes.map((error) => error?.code).sort(), ["volume-unknown", undefined]);
});
test("prune takes what nothing uses and what matches", async ({ dirs, site }) => {
  for (const name of ["named", "used"]) createVolume(dirs, { name });
  const { name } = createVolume(dirs, { anonymous: true });
  assert.equal(await pruneVolumes(site, usersOf, (volume) => volume.anonymous), [name]);
  assert.equal(await pruneVolumes(site, usersOf), ["named"]);
});
test("a volume takes the image's content unless it is not to", ({ dirs }) => {
  assert.ok(resolveVolume(dirs, { name: "v", copyUp: true }).needsCopyUp);
  assert.not.ok(resolveVolume(dirs, { name: "w", copyUp: false }).needsCopyUp);
});
test("bind and tmpfs volumes", ({ dirs }) => {
  createVolume(dirs, { name: "b", options: { type: "none", o: "bind", device: "/srv" } });
  createVolume(dirs, { name: "t", options: { type: "tmpfs", o: "size=1m,mode=700" } });
  assert.is(resolveVolume(dirs, { name: "b", copyUp: true }).path, "/srv");
  assert.equal(resolveVolume(dirs, { name: "t", copyUp: true }).tmpfs, ["size=1m", "mode=700"]);
});
test("the document has podman's fields", ({ dirs }) => {
  createVolume(dirs, { name: "v" });
  assert.is(inspectVolumeIfThere(dirs, "v")?.Mountpoint, volumeDataDir(dirs, "v"));
  assert.is(inspectVolumeIfThere(dirs, "w"), undefined);
});

test.run();

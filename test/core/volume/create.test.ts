import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Dirs } from "../../../core/dirs/dirs.ts";
import { createVolume } from "../../../core/volume/create.ts";
import { findVolume, listVolumes, volumeDataDir } from "../../../core/volume/record.ts";

const test = suite<{ dirs: Dirs }>("volume create");
test.before.each((context) => {
  const root = mkdtempSync(join(tmpdir(), "cala-volume-"));
  context.dirs = { config: root, data: join(root, "data"), state: root, cache: root, runtime: root };
});
test.after.each(({ dirs }) => rmSync(dirs.config, { recursive: true, force: true }));
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return "";
};

test("a named volume has a data directory and is found by the beginning of its name", ({ dirs }) => {
  const record = createVolume(dirs, { name: "my_datos", labels: { a: "b" } });
  assert.is(record.driver, "local");
  assert.ok(statSync(volumeDataDir(dirs, "my_datos")).isDirectory());
  assert.equal(findVolume(dirs, "my_d"), record);
  assert.equal(readdirSync(join(dirs.data, "staging")), []);
});
test("an anonymous volume is named by 64 digits", ({ dirs }) => assert.match(createVolume(dirs, { anonymous: true }).name, /^[0-9a-f]{64}$/));
test("a second volume of the name is an error unless asked for the first", ({ dirs }) => {
  const first = createVolume(dirs, { name: "v" });
  assert.is(codeOf(() => createVolume(dirs, { name: "v" })), "volume-exists");
  assert.equal(createVolume(dirs, { name: "v", ignoreExisting: true }), first);
});
test("lists are in order; what is unknown or ambiguous says so", ({ dirs }) => {
  assert.equal(listVolumes(dirs), []);
  for (const name of ["vb", "va"]) createVolume(dirs, { name });
  assert.equal(listVolumes(dirs).map(({ name }) => name), ["va", "vb"]);
  assert.is(codeOf(() => findVolume(dirs, "v")), "volume-ambiguous");
  assert.is(codeOf(() => findVolume(dirs, "x")), "volume-unknown");
  assert.is(codeOf(() => findVolume(dirs, "../data")), "volume-unknown");
});
test("bad names, drivers and options leave nothing", ({ dirs }) => {
  for (const name of ["../x", "", ".", "a/b", "-x", "ä"]) assert.is(codeOf(() => createVolume(dirs, { name })), "volume-name-invalid", name);
  assert.is(codeOf(() => createVolume(dirs, { name: "a", driver: "nfs" })), "volume-driver-unknown");
  for (const options of [{ type: "ext4", device: "/dev/x" }, { size: "3" }, { device: "/x" }, { type: "none", o: "bind", device: "x" }]) {
    assert.is(codeOf(() => createVolume(dirs, { name: "a", options })), "volume-option-unsupported", JSON.stringify(options));
  }
  assert.equal(listVolumes(dirs), []);
});

test.run();

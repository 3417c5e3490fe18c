import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { resolveDirs } from "../../../core/dirs/dirs.ts";
import { toolVersionsFile } from "../../../core/dirs/paths.ts";
import { toolVersion } from "../../../core/host/tool-version.ts";

const dir = mkdtempSync(join(tmpdir(), "cala-versions-"));
const dirs = resolveDirs({}, dir);
const env = { PATH: dir };
const runs = join(dir, "runs");
const tool = { name: "speaker", cost: "", packages: {}, versionArgs: ["--version"] };
test.after(() => rmSync(dir, { recursive: true }));

function install(version: string): void {
  writeFileSync(join(dir, "speaker"), `#!/bin/sh\necho run >> ${runs}\necho speaker ${version} "$@"\n`, { mode: 0o755 });
}
const countRuns = (): number => readFileSync(runs, "utf8").split("\n").length - 1;

test("a program is asked once, and again when it was replaced", () => {
  install("1");
  assert.is(toolVersion(tool, dirs, env), "speaker 1 --version\n");
  assert.is(toolVersion(tool, dirs, env), "speaker 1 --version\n");
  assert.is(countRuns(), 1);
  install("2");
  utimesSync(join(dir, "speaker"), 1, 1);
  assert.is(toolVersion(tool, dirs, env), "speaker 2 --version\n");
  assert.is(countRuns(), 2);
});
test("what a program did not say because it was killed is not kept", () => {
  const killed = join(dir, "killed");
  writeFileSync(join(dir, "speaker"), `#!/bin/sh\n[ -e ${killed} ] || { : > ${killed}; kill -9 $$; }\necho speaker 3\n`, { mode: 0o755 });
  utimesSync(join(dir, "speaker"), 2, 2);
  assert.is(toolVersion(tool, dirs, env), "");
  assert.is(toolVersion(tool, dirs, env), "speaker 3\n");
  install("2");
  utimesSync(join(dir, "speaker"), 3, 3);
});
test("what was kept may be damaged, or not be writable", () => {
  writeFileSync(toolVersionsFile(dirs), "{ not json");
  assert.is(toolVersion(tool, dirs, env), "speaker 2 --version\n");
  assert.is(toolVersion(tool, { ...dirs, cache: join(dir, "speaker", "cache") }, env), "speaker 2 --version\n");
});
test("a program that is missing, or has no words for its version, says nothing", () => {
  assert.is(toolVersion({ ...tool, name: "no-such-program" }, dirs, env), "");
  assert.is(toolVersion({ name: "speaker", cost: "", packages: {} }, dirs, env), "");
});

test.run();

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { testIf } from "../runner/skip.ts";
import { filesBelow, projectDir } from "./sources.ts";

const scripts = ["install.sh", ...filesBelow(["test", ".ci", "native"], "").filter((file) => /^#!\/bin\/sh/.test(file.text)).map((file) => file.path)];

for (const script of scripts) {
  test(`${script} is understood by sh`, () => {
    const checked = spawnSync("sh", ["-n", join(projectDir, script)], { encoding: "utf8" });
    assert.is(checked.status, 0, checked.stderr);
  });
}

testIf(test, existsSync("/usr/bin/dash"), "dash", "install.sh is understood by dash", () => {
  assert.is(spawnSync("/usr/bin/dash", ["-n", join(projectDir, "install.sh")]).status, 0);
});

test("install.sh has none of bash's own words", () => {
  const text = filesBelow(["."], "install.sh")[0]?.text ?? "";
  assert.not.match(text, /pipefail|\[\[|\bfunction \w+|<<<|^\s*local \w|(?<=[\s=])\$'|&>/m);
});

test.run();

import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { generatedFiles } from "../../cli/docs/generate.ts";
import { planOpsHeader } from "../../core/plan/generate-header.ts";
import { complain, filesBelow, projectDir, readText } from "./sources.ts";

test("man pages and completions are those of the code as it is (npm run build makes them)", async () => {
  const wanted = await generatedFiles();
  const stale = [...wanted].filter(([path, content]) => !existsSync(join(projectDir, path)) || readText(path) !== content).map(([path]) => path);
  const left = filesBelow(["man", "completions"], "").map((file) => file.path).filter((path) => !wanted.has(path));
  complain("stale", [...stale, ...left]);
});

test("native/plan-ops.h is that of the op table as it is", () => {
  assert.is(readText("native/plan-ops.h"), planOpsHeader());
});

test.run();

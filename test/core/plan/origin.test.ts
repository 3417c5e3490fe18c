import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../../core/plan/compile.ts";
import { decodePlan } from "../../../core/plan/decode.ts";
import type { OpName } from "../../../core/plan/ops.ts";
import { explainReport, reportStages } from "../../../core/plan/origin.ts";
import { sampleConfig, sampleDetails } from "./sample.ts";

const { bytes, origin } = compile(sampleConfig, sampleDetails);
const { ops } = decodePlan(bytes);
const at = (name: OpName): number => ops.findIndex((op) => op.name === name);
const cases = [
  { stage: reportStages.enter, opIndex: at("exec"), errno: 2, text: "", exitCode: 127, words: /cannot run "sh" in container "web": no such file/ },
  { stage: reportStages.enter, opIndex: at("exec"), errno: 13, text: "", exitCode: 126, words: /permission denied/ },
  { stage: reportStages.enter, opIndex: at("exec"), errno: 8, text: "", exitCode: 126, words: /another architecture/ },
  { stage: reportStages.enter, opIndex: at("user"), errno: 3, text: "no such user in the container: app", exitCode: 126, words: /cannot start container "web": no such user in the container: app$/ },
  { stage: reportStages.setup, opIndex: at("mount-bind"), errno: 2, text: "source: /vol", exitCode: 125, words: /mount-bind for mounts\[2\] \("\/data"\): source: \/vol: no such file or directory/ },
  { stage: reportStages.setup, opIndex: at("make-directory"), errno: 20, text: "", exitCode: 126, words: /the working directory "\/srv" cannot be used: not a directory$/ },
  { stage: reportStages.enter, opIndex: at("exec"), errno: 13, text: "working directory \"/srv\"", exitCode: 126, words: /cannot run "sh" in container "web": working directory "\/srv": permission denied$/ },
  { stage: reportStages.helper, opIndex: at("spawn"), errno: 10, text: "net: no tap device", exitCode: 125, words: /"web": net: no tap device$/ },
  { stage: reportStages.userns, opIndex: 0, errno: 2, text: "newuidmap is not installed", exitCode: 125, words: /newuidmap is not installed/ },
  { stage: reportStages.plan, opIndex: 12, errno: 22, text: "the plan is cut off", exitCode: 125, words: /damaged at byte 12: the plan is cut off/ },
];

for (const { exitCode, words, ...report } of cases) {
  test(`stage ${report.stage}, op ${report.opIndex}, errno ${report.errno} in words`, () => {
    const error = explainReport(report, origin, "web");
    assert.is(error.exitCode, exitCode);
    assert.match(error.message, words);
  });
}

test("without an origin the errno still speaks", () => {
  assert.match(explainReport({ stage: reportStages.setup, opIndex: 3, errno: 13, text: "" }, undefined, "web").message, /permission denied/);
});

test.run();

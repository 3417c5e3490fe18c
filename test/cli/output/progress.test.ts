import { test } from "uvu";
import * as assert from "uvu/assert";
import { clock } from "../../../core/base/clock.ts";
import { confirm } from "../../../cli/output/confirm.ts";
import { showProgress } from "../../../cli/output/progress.ts";
import { memorySink } from "../../../cli/output/sink.ts";

const realNow = clock.nowMs;
let nowMs = 1000;
test.before(() => {
  clock.nowMs = () => nowMs;
});
test.after(() => {
  clock.nowMs = realNow;
});

test("elsewhere than on a terminal each thing is one line", () => {
  const sink = memorySink();
  const progress = showProgress(sink);
  progress.update("a", "Copying blob", 0, 10);
  progress.update("a", "Copying blob", 5, 10);
  progress.update("b", "Copying blob", 0);
  progress.finish("a", "Copying blob", "done");
  progress.finish("c", "Copying blob", "already there");
  progress.close();
  assert.is(sink.text(), "Copying blob a\nCopying blob b\nCopying blob c already there\n");
});

test("on a terminal the rows are redrawn, seldom, and never wider than it", () => {
  const sink = memorySink(40);
  const progress = showProgress({ ...sink, isTty: true });
  progress.update("a", "Copying blob", 0, 10);
  const first = sink.text();
  progress.update("a", "Copying blob", 5, 10);
  assert.is(sink.text(), first, "within the same moment nothing is drawn again");
  nowMs += 150;
  progress.update("a", "Copying blob", 5, 10);
  assert.match(sink.text().slice(first.length), /^\x1b\[1A\x1b\[2KCopying blob a \[=+>-+/);
  progress.finish("a", "Copying blob", "done");
  progress.close();
  progress.update("a", "Copying blob", 6, 10);
  assert.match(sink.text(), /Copying blob a done\n$/);
  for (const line of sink.text().replace(/\x1b\[\d+[AK]/g, "").split("\n")) assert.ok(line.length < 40, line);
});

for (const [answer, expected] of [["y\n", true], ["Y\n", true], ["yes\n", true], ["n\n", false], ["\n", false], ["", false], ["yellow\n", false]] as const) {
  test(`the answer ${JSON.stringify(answer)} means ${expected ? "yes" : "no"}`, () => {
    const bytes = [...Buffer.from(answer)];
    const err = memorySink();
    assert.is(confirm(err, "WARNING! This removes everything.", () => bytes.shift()), expected);
    assert.is(err.text(), "WARNING! This removes everything.\nAre you sure you want to continue? [y/N] ");
  });
}

test.run();

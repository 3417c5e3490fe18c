import { test } from "uvu";
import * as assert from "uvu/assert";
import { humanDuration, parseDurationMs } from "../../../core/base/duration.ts";

const durations: ReadonlyArray<readonly [text: string, ms: number]> = [
  ["10", 10_000], ["0.5", 500], ["1h30m", 5_400_000], ["1.5s", 1500], ["250ms", 250], ["2d", 172_800_000],
];

for (const [text, ms] of durations) test(`"${text}" is ${ms} ms`, () => assert.is(parseDurationMs(text), ms));

for (const text of ["", "h", "1x", "-1s", "1h-3m", "1 h"]) {
  test(`"${text}" is refused`, () => assert.throws(() => parseDurationMs(text), /is not understood/));
}

const ages: ReadonlyArray<readonly [ms: number, text: string]> = [
  [10, "Less than a second"], [1000, "1 second"], [59_000, "59 seconds"], [60_000, "About a minute"], [150_000, "2 minutes"],
  [3_600_000, "About an hour"], [10 * 3_600_000, "10 hours"], [3 * 86_400_000, "3 days"], [21 * 86_400_000, "3 weeks"],
  [90 * 86_400_000, "3 months"], [800 * 86_400_000, "2 years"],
];

for (const [ms, text] of ages) test(`${ms} ms ago is "${text}"`, () => assert.is(humanDuration(ms), text));

test.run();

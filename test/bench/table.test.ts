import { test } from "uvu";
import * as assert from "uvu/assert";
import { measurements } from "./measurements/index.ts";
import { median, medianRatio, tableText, type Result } from "./table.ts";

const [first] = measurements;
if (first === undefined) throw new Error("no measurements");
const result: Result = { measurement: { ...first, title: "a thing", unit: "ms", budget: 0.5 }, cala: [10, 40, 30], podman: [100, 100, 100] };

test("the median is the middle, or the mean of the two middle ones", () => {
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([4, 1, 2, 3]), 2.5);
});

test("ratios are taken round by round", () => {
  assert.is(medianRatio(result), 0.3);
  assert.is(medianRatio({ ...result, cala: [10, 20, 300], podman: [20, 20, 100] }), 1);
});

test("a missed budget is said in the table", () => {
  assert.match(tableText([result], "under"), /\| a thing \| 30 ms \| 100 ms \| 0\.30 × \| ≤ 0\.5 × \|/);
  assert.match(tableText([{ ...result, cala: [90, 90, 90] }], "under"), /≤ 0\.5 × \(missed\)/);
});

test("a limit may be an amount, and a row may have none", () => {
  const row = (limits: { readonly budget?: number; readonly ceiling?: number }): Result => {
    const { budget: _, ceiling: __, ...measurement } = result.measurement;
    return { ...result, measurement: { ...measurement, ...limits } };
  };
  assert.match(tableText([row({ ceiling: 30 })], "under"), /\| ≤ 30 ms \|/);
  assert.match(tableText([row({ ceiling: 29 })], "under"), /\| ≤ 29 ms \(missed\) \|/);
  assert.match(tableText([row({})], "under"), /\| – \|/);
});

test("what no other engine has stands alone, and keeps its own ceiling or not", () => {
  const { budget: _, ...measurement } = result.measurement;
  const row = (ceiling: number): Result => ({ measurement: { ...measurement, isAlone: true, ceiling }, cala: [10, 40, 30], podman: [] });
  assert.match(tableText([row(30)], "under"), /\| a thing \| 30 ms \| – \| – \| ≤ 30 ms \|/);
  assert.match(tableText([row(29)], "under"), /≤ 29 ms \(missed\) \|/);
});

test("where skopeo does the same work, it has a column, and rows without it a dash", () => {
  const text = tableText([{ ...result, skopeo: [50, 60, 70] }, result], "under");
  assert.match(text, /\| what \| cala \| podman \| skopeo \(unpacks nothing\) \| ratio \| budget \|\n\| --- \| --- \| --- \| --- \| --- \| --- \|/);
  assert.match(text, /\| a thing \| 30 ms \| 100 ms \| 60 ms \| 0\.30 × \|/);
  assert.match(text, /\| a thing \| 30 ms \| 100 ms \| – \| 0\.30 × \|/);
});

test.run();

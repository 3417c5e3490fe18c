import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mapLines } from "../../../core/idmap/map.ts";
import { outerMap, parseGetsubids, parseSubordinate, subordinateRanges } from "../../../core/idmap/subordinate.ts";

const text = "# comment\nann:100000:65536\n1100:300000:1000\nbob:5:5\nann:broken\n\nann:0:5\nann:4294967295:1\nann:500000:10\n";

test("entries by name and by number, damaged ones passed over", () => {
  assert.equal(parseSubordinate(text, "ann", 1100), [{ first: 100000, count: 65536 }, { first: 300000, count: 1000 }, { first: 500000, count: 10 }]);
  assert.equal(parseSubordinate(text, "eve", 7), []);
});
test("what getsubids prints", () => {
  assert.equal(parseGetsubids("0: ann 165536 65536\n1: ann 500000 10\n"), [{ first: 165536, count: 65536 }, { first: 500000, count: 10 }]);
});
test("several ranges follow each other", () => {
  const map = outerMap(1000, [{ first: 100000, count: 10 }, { first: 200000, count: 5 }]);
  assert.equal(map.map(({ inside, outside, count }) => [inside, outside, count]), [[0, 1000, 1], [1, 100000, 10], [11, 200000, 5]]);
});
test("files of a directory, and none at all", () => {
  const etc = mkdtempSync(join(tmpdir(), "cala-etc-"));
  try {
    assert.equal(subordinateRanges("uid", "ann", 1100, etc), []);
    writeFileSync(join(etc, "subgid"), "ann:7000:3\n");
    assert.equal(subordinateRanges("gid", "ann", 1100, etc), [{ first: 7000, count: 3 }]);
  } finally {
    rmSync(etc, { recursive: true });
  }
});

const overlaps: readonly (readonly [string, readonly (readonly [number, number])[], readonly string[]])[] = [
  ["the same twice", [[100000, 10], [100000, 10]], ["0 1000 1", "1 100000 10"]],
  ["overlapping", [[100000, 10], [100005, 10]], ["0 1000 1", "1 100000 10", "11 100010 5"]],
  ["around the user's own id", [[999, 3]], ["0 1000 1", "1 999 1", "2 1001 1"]],
];
for (const [name, ranges, expected] of overlaps) {
  test(`each id is mapped once: ${name}`, () => assert.equal(mapLines(outerMap(1000, ranges.map(([first, count]) => ({ first, count })))), expected));
}

test("no more lines than the kernel takes", () => {
  assert.is(outerMap(1000, Array.from({ length: 400 }, (_, index) => ({ first: 100000 + index * 10, count: 5 }))).length, 340);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { mapOfLines } from "../../../core/idmap/extend-map.ts";
import { mapLinesOf } from "../../../core/spec/parse/id-map.ts";

const outer = [{ inside: 0, outside: 1100, count: 1 }, { inside: 1, outside: 200000, count: 65536 }];
const mapOf = (...texts: readonly string[]): string => mapOfLines(mapLinesOf(texts, []).uids, outer).map(({ inside, outside, count }) => `${inside} ${outside} ${count}`).join(", ");
const fails = (texts: readonly string[], words: RegExp): void => assert.throws(() => mapOf(...texts), (error: Error) => words.test(error.message));

test("lines stand beside each other, cut at the seam of the user's own map", () => {
  assert.is(mapOf("0:1:1000", "1000:0"), "0 1 1000, 1000 0 1");
  assert.is(mapOf("0:0:3"), "0 0 1, 1 1 2");
});

test("@ means an id of the host", () => {
  assert.is(mapOf("0:@200000:5", "5:@1100"), "0 1 5, 5 0 1");
  fails(["0:@1000"], /host's id 1000 is not among/);
});

test("+ takes ids from either side of what was there, as in podman's manual", () => {
  assert.is(mapOf("0:0:65000", "+100000:1:1"), "0 0 1, 2 2 64998, 100000 1 1");
  assert.is(mapOf("+100:50:3"), "0 0 1, 1 1 49, 53 53 47, 100 50 3, 103 103 65434");
});

test("maps that overlap, go too far or have no root are refused", () => {
  fails(["0:1:10", "5:20:3"], /"0:1:10" and "5:20:3" overlap/);
  fails(["0:1:10", "20:5:3"], /overlap/);
  fails(["0:0:70000"], /beyond the 65537 ids/);
  fails(["5:5:5"], /no root/);
  for (const text of ["", "1", "1:2:0", "1:2:3:4", "x1:2:3", "1:@:3", "5000000000:1"]) fails([text], new RegExp(`invalid id map "${text}"`));
});

test("one option stands for both kinds of ids, but for lines that name their kind", () => {
  const both = mapLinesOf(["0:1:5", "u7:8:1", "g9:10:1"], []);
  assert.equal([both.uids.map((line) => line.inside), both.gids.map((line) => line.inside)], [[0, 7], [0, 9]]);
  const own = mapLinesOf(["0:1:5"], ["0:2:6"]);
  assert.equal([own.uids.map((line) => line.outside), own.gids.map((line) => line.outside)], [[1], [2]]);
});

test.run();

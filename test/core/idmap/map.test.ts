import { test } from "uvu";
import * as assert from "uvu/assert";
import { composeMaps, identityOver, keepIdMap, mapArgument, noMap, splitAlong, toInside, toOutside, type IdRange } from "../../../core/idmap/map.ts";

const map = (text: string): IdRange[] => text.split(",").map((line) => {
  const [inside = 0, outside = 0, count = 0] = line.trim().split(" ").map(Number);
  return { inside, outside, count };
});
const show = (ranges: readonly IdRange[]): string => ranges.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`).join(", ");
const outer = map("0 1100 1, 1 200000 65536");

test("ids in both directions", () => {
  assert.is(toOutside(outer, 0), 1100);
  assert.is(toOutside(outer, 1000), 200999);
  assert.is(toOutside(outer, 65537), undefined);
  assert.is(toInside(outer, 265535), 65536);
  assert.is(toInside(outer, 1101), undefined);
});
test("the identity has a line for each line of the parent", () => assert.is(show(identityOver(outer)), "0 0 1, 1 1 65536"));
test("a range is cut at the parent's seams", () => {
  assert.is(show(splitAlong(map("0 0 65537"), outer)), "0 0 1, 1 1 65536");
  assert.is(show(splitAlong(map("0 1 10"), outer)), "0 1 10");
  assert.is(show(splitAlong(map("0 65530 100"), outer)), "0 65530 7");
});
test("two maps as one", () => assert.is(show(composeMaps(map("0 1 1000, 1000 0 1"), outer)), "0 200000 1000, 1000 1100 1"));
test("keep-id puts the user at its own number", () => {
  assert.is(show(keepIdMap(1100, outer)), "0 1100 1, 1 1 1099, 1100 0 1, 1101 1101 64436");
  assert.is(show(keepIdMap(0, outer)), "0 0 1, 1 1 65536");
  assert.is(show(keepIdMap(3, map("0 1100 1, 1 500 2, 3 900 7"))), "0 3 1, 1 1 2, 3 0 1, 4 4 6");
  assert.is(show(keepIdMap(5, outer, 10)), "0 5 1, 1 1 4, 5 0 1, 6 6 4");
  // An id of a directory service, beyond all that the user has: root takes the last of those.
  assert.is(show(keepIdMap(700000, outer)), "0 65536 1, 1 1 65535, 700000 0 1");
  assert.throws(() => keepIdMap(5, map("0 1100 1")), (error: Error) => error.message.includes("keep the id 5"));
});
test("nomap leaves the user out", () => {
  assert.is(show(noMap(outer)), "0 1 65536");
  assert.throws(() => noMap(map("0 1100 1")));
});

test("the native program's words", () => {
  assert.equal(mapArgument({ uids: outer, gids: map("0 7 1") }), ["--uid-map", "0 1100 1;1 200000 65536", "--gid-map", "0 7 1"]);
});

test.run();

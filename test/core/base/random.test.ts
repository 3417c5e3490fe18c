import { test } from "uvu";
import * as assert from "uvu/assert";
import { randomBytes, randomInt } from "../../../core/base/random.ts";

test("no two pieces are the same, across refills of the pool", () => {
  const pieces = Array.from({ length: 100 }, () => randomBytes(12).toString("hex"));
  assert.is(new Set(pieces).size, pieces.length);
  assert.ok(pieces.every((piece) => piece.length === 24));
});

test("integers reach every value below the limit and none beyond", () => {
  const seen = new Set(Array.from({ length: 500 }, () => randomInt(7)));
  assert.equal([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});

test.run();

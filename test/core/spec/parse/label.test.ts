import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseLabel, parseLabelFile, parsePair } from "../../../../core/spec/parse/label.ts";

test("labels may have no value", () => {
  assert.equal(parseLabel("a=b=c"), ["a", "b=c"]);
  assert.equal(parseLabel("a"), ["a", ""]);
  assert.throws(() => parseLabel("=b"), (error: Error) => error.message.includes('"=b"'));
});
test("a file of labels", () => {
  assert.equal(parseLabelFile("# x\na=1\n\nb\nc= 2 \n"), [["a", "1"], ["b", ""], ["c", " 2 "]]);
  assert.throws(() => parseLabelFile("b = 2"), (error: Error) => error.message.includes("its name has blanks"));
});
test("pairs must have one", () => {
  assert.equal(parsePair("net.x=1", "sysctl"), ["net.x", "1"]);
  assert.throws(() => parsePair("net.x", "sysctl"), (error: Error) => error.message.includes("--sysctl"));
});

test.run();

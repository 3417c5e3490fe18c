import { test } from "uvu";
import * as assert from "uvu/assert";
import { CalaError } from "../../core/base/error.ts";
import { renderError } from "../../cli/render-error.ts";
import { editDistance, nearest } from "../../cli/suggest.ts";

test("an error is its message, its hint and its exit code", () => {
  assert.equal(renderError(new CalaError("x", "no such image", { hint: "cala pull x", exitCode: 127 })), { text: "Error: no such image\nHint: cala pull x\n", exitCode: 127 });
  assert.equal(renderError(new CalaError("x", "no such image")), { text: "Error: no such image\n", exitCode: 125 });
});

test("a bug tells how to see more", () => {
  assert.equal(renderError(new TypeError("x is not a function")), { text: "Error: x is not a function\nHint: set CALA_DEBUG=1 to see where this comes from\n", exitCode: 125 });
  assert.is(renderError("thrown text").text.split("\n")[0], "Error: thrown text");
});

test("debugging shows causes, also of what has no stack, and ends where causes go in circles", () => {
  const inner = Object.assign(new Error("inner"), { stack: undefined, cause: "text" });
  const { text } = renderError(new CalaError("x", "outer", { cause: inner }), true);
  assert.match(text, /^Error: outer\n {4}at .*\nCaused by: inner\nCaused by: text\n$/s);
  const circle = new Error("circle");
  circle.cause = circle;
  assert.ok(renderError(circle, true).text.length > 0);
});

for (const [left, right, distance] of [["", "", 0], ["a", "", 1], ["rn", "run", 1], ["kitten", "sitting", 3], ["ab", "ba", 2]] as const) {
  test(`${left} and ${right} are ${distance} apart`, () => assert.is(editDistance(left, right), distance));
}

test("the nearest words come first, strangers not at all", () => {
  assert.equal(nearest("rn", ["rm", "run", "ps", "commit"]), ["rm", "run"]);
  assert.equal(nearest("imag", ["images", "image", "import"]), ["image", "images"]);
  assert.equal(nearest("xyz", ["rm", "run"]), []);
});

test("a full disk is told as such, whatever was being written", () => {
  const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", errno: -28, syscall: "write" });
  assert.equal(renderError(error), { text: "Error: there is no space left on the disk for cala's data\nHint: cala image prune\n", exitCode: 125 });
});

test.run();

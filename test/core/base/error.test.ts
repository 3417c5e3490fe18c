import { test } from "uvu";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import * as assert from "uvu/assert";
import { reasonOf } from "../../../core/base/error.ts";

function thrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return assert.unreachable("nothing was thrown");
}

test("the reason of a Node error is its middle: neither the name of the errno nor the path", () => {
  assert.is(reasonOf(thrown(() => readFileSync("/no/such: a, open 'x'"))), "no such file or directory");
  assert.is(reasonOf(thrown(() => readFileSync("/"))), "illegal operation on a directory");
});

test("what is no error of the file system stays as it is", async () => {
  const refused = await new Promise((resolve) => connect(1, "127.0.0.1").on("error", resolve));
  assert.match(reasonOf(refused), /ECONNREFUSED/);
  assert.is(reasonOf(new Error("EASY: done, open it")), "EASY: done, open it");
  assert.is(reasonOf("text"), "text");
});

test.run();

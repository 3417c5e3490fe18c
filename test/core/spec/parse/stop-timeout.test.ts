import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseStopTimeout } from "../../../../core/spec/parse/stop-timeout.ts";

test("whole seconds", () => {
  assert.equal(["0", "10", "-1"].map(parseStopTimeout), [0, 10, -1]);
  for (const text of ["", "x", "1.5", "-2", "10s"]) assert.throws(() => parseStopTimeout(text), (error: Error) => error.message.includes(`"${text}"`));
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseLogDriver, parseLogOption } from "../../../../core/spec/parse/log-option.ts";

test("known ones", () => {
  assert.is(parseLogDriver("json-file"), "json-file");
  assert.equal(parseLogOption("max-size=10m"), ["max-size", "10m"]);
  assert.equal(parseLogOption("max-file=3"), ["max-file", "3"]);
});
test("bad ones", () => {
  assert.throws(() => parseLogDriver("syslog"), (error: Error) => error.message.includes('"syslog"'));
  for (const text of ["max-size", "max-size=x", "max-file=0", "speed=1"]) assert.throws(() => parseLogOption(text));
});

test.run();

import { constants } from "node:os";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseSignal, signalName } from "../../../../core/spec/parse/signal.ts";

test("names, numbers and real-time signals", () => {
  const cases: readonly (readonly [string, number])[] = [["TERM", 15], ["sigterm", 15], ["SIGKILL", 9], ["9", 9], ["RTMIN", 34], ["SIGRTMIN+3", 37], ["RTMAX-1", 63], ["RTMAX", 64], ["iot", 6], ["64", 64]];
  for (const [text, number] of cases) assert.is(parseSignal(text), number, text);
});
test("the same numbers as this system's", () => {
  for (const [name, number] of Object.entries(constants.signals)) assert.is(parseSignal(name), number, name);
});
test("bad ones", () => {
  for (const text of ["", "0", "65", "FOO", "RTMIN+31", "RTMAX+1", "-1", "1.5"]) assert.throws(() => parseSignal(text), (error: Error) => error.message.includes(`"${text}"`));
});
test("numbers back to names", () => assert.equal([1, 15, 31, 34, 37].map(signalName), ["SIGHUP", "SIGTERM", "SIGSYS", "SIGRTMIN", "SIGRTMIN+3"]));

test.run();

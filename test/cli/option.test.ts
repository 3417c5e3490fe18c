import { test } from "uvu";
import * as assert from "uvu/assert";
import { count, decimal, durationMs, flag, list, maybeFlag, pairs, size, splitCommas, value, wholeNumber, type Option } from "../../cli/option.ts";

const number = value("-n, --number", "N", "", { parse: wholeNumber(0, 9) });

const read: readonly (readonly [string, Option<unknown>, readonly string[] | undefined, unknown])[] = [
  ["a flag that is not given", flag("--all", ""), undefined, false],
  ["a flag that is on by itself", flag("--all", "", { initial: true }), undefined, true],
  ["a flag turned off", flag("--all", "", { initial: true }), ["false"], false],
  ["the last of many", flag("--all", ""), ["true", "false"], false],
  ["a maybe", maybeFlag("--tls-verify", ""), undefined, undefined],
  ["a maybe that is off", maybeFlag("--tls-verify", ""), ["false"], false],
  ["a value that is not given", value("--name", "N", ""), undefined, undefined],
  ["a value's initial text", value("--name", "N", "", { initial: "x" }), undefined, "x"],
  ["a parsed initial text", value("--time", "S", "", { parse: wholeNumber(), initial: "10" }), undefined, 10],
  ["the last value", number, ["1", "2"], 2],
  ["an empty value", value("--name", "N", ""), [""], ""],
  ["a negative number", value("--n", "N", "", { parse: wholeNumber(-1) }), ["-1"], -1],
  ["a fraction", value("--cpus", "N", "", { parse: decimal() }), ["1.5"], 1.5],
  ["a fraction without zero", value("--cpus", "N", "", { parse: decimal() }), [".5"], 0.5],
  ["a size", value("--memory", "N", "", { parse: size() }), ["1g"], 2 ** 30],
  ["an unlimited size", value("--memory", "N", "", { parse: size(true) }), ["-1"], -1],
  ["a duration", value("--wait", "N", "", { parse: durationMs }), ["1m1s"], 61_000],
  ["a list that is not given", list("--env", "E", ""), undefined, []],
  ["a list keeps commas", list("--env", "E", ""), ["a,b", "c"], ["a,b", "c"]],
  ["a list split at commas", list("--cap-add", "E", "", { commas: true }), ["a,b", "c"], ["a", "b", "c"]],
  ["pairs", pairs("--label", "L", ""), ["a=1", "b", "c=x=y", "a=2"], { a: "2", b: "", c: "x=y" }],
  ["a pair named like a trap", pairs("--label", "L", ""), ["constructor=1"], { constructor: "1" }],
  ["a count", count("-v, --verbose", ""), ["true", "true"], 2],
];

for (const [name, option, given, expected] of read) {
  test(`reads ${name}`, () => assert.equal(option.read(given), expected));
}

const refused: readonly (readonly [Option<unknown>, string, string])[] = [
  [number, "x", 'invalid value "x" for -n, --number: it is not a whole number'],
  [number, "10", 'invalid value "10" for -n, --number: it is more than 9'],
  [number, "-1", 'invalid value "-1" for -n, --number: it is less than 0'],
  [number, "1.5", 'invalid value "1.5" for -n, --number: it is not a whole number'],
  [value("--d", "D", "", { choices: ["a", "b"] }), "c", 'invalid value "c" for --d: it is none of a, b'],
  [value("--m", "M", "", { parse: size() }), "-1", 'invalid value "-1" for --m: size "-1" is not a number of bytes'],
  [pairs("--label", "L", ""), "=x", 'invalid value "=x" for --label: it has no key'],
  [value("--cpus", "N", "", { parse: decimal() }), "abc", 'invalid value "abc" for --cpus: it is not a number'],
];

for (const [option, text, message] of refused) {
  test(`refuses ${option.names[0]} ${text}`, () => assert.throws(() => option.read([text]), (error: Error) => error.message === message || assert.is(error.message, message)));
}

for (const [text, parts] of [["a,b", ["a", "b"]], ["", []], ['"a,b",c', ["a,b", "c"]], ['"a""b"', ['a"b']], ["a,,b", ["a", "", "b"]]] as const) {
  test(`splits ${text}`, () => assert.equal(splitCommas(text), parts));
}

test.run();

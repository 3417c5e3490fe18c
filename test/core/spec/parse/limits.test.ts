import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseCpus, parseCpuset, parseMemory, parseMemorySwap, parsePids, parseWhole } from "../../../../core/spec/parse/limits.ts";

const refused = (work: () => unknown, words: string): void => assert.throws(work, (error: Error) => error.message.includes(words));

test("memory", () => {
  assert.is(parseMemory("1024M"), 1073741824);
  assert.is(parseMemory("0"), undefined);
  assert.is(parseMemorySwap("-1"), -1);
  assert.is(parseMemorySwap("2g"), 2 ** 31);
  refused(() => parseMemory("lots"), '"lots" for --memory');
  refused(() => parseMemorySwap("-2"), "--memory-swap");
});
test("processors", () => {
  assert.is(parseCpus("1"), 1);
  assert.is(parseCpus(".5"), 0.5);
  assert.is(parseCpus("0"), undefined);
  for (const text of ["", "one", "-1", "0.001", "1.", "1e3"]) refused(() => parseCpus(text), `"${text}"`);
  assert.is(parseCpuset("0-3,8", "cpuset-cpus"), "0-3,8");
  for (const text of ["", "a", "0-", "1,,2"]) refused(() => parseCpuset(text, "cpuset-cpus"), `"${text}"`);
});
test("whole numbers", () => {
  assert.is(parsePids("0"), -1);
  assert.is(parsePids("100"), 100);
  refused(() => parsePids("-2"), "--pids-limit");
  refused(() => parseWhole("1.5", "cpu-shares", 0), '"1.5" for --cpu-shares');
});

test.run();

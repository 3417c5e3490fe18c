import { test } from "uvu";
import * as assert from "uvu/assert";
import { formatBinaryBytes, formatBytes, parseBytes } from "../../../core/base/bytes.ts";

const sizes: ReadonlyArray<readonly [text: string, bytes: number]> = [
  ["512", 512], ["1024M", 1024 * 2 ** 20], ["1.5g", 1.5 * 2 ** 30], ["64KiB", 65536], ["64kb", 65536], ["10b", 10], [" 1k ", 1024],
];

for (const [text, bytes] of sizes) test(`"${text}" is ${bytes} bytes`, () => assert.is(parseBytes(text), bytes));

for (const text of ["", "-1", "1x", "m", "1.2.3", "1 k m", "0x10"]) {
  test(`"${text}" is refused`, () => assert.throws(() => parseBytes(text), /is not a number of bytes/));
}

test("sizes are printed with three digits and decimal units", () => {
  assert.is(formatBytes(0), "0 B");
  assert.is(formatBytes(4_260_000), "4.26 MB");
  assert.is(formatBytes(4_260_000, ""), "4.26MB");
  assert.is(formatBinaryBytes(65536), "64KiB");
});

test.run();

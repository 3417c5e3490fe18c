import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseMountOptions } from "../../../core/plan/mount-options.ts";

const cases: readonly (readonly [options: string[], attributes: bigint, propagation: number, data: string[]])[] = [
  [["ro", "nosuid", "nodev", "noexec"], 15n, 0, []],
  [["ro", "rw"], 0n, 0, []],
  [["rbind", "rprivate"], 0n, 0x44000, []],
  [["bind", "slave"], 0n, 0x80000, []],
  [["rro"], 1n, 0, []],
  [["noatime", "size=5m", "mode=1777", "z", "U"], 0x10n, 0, ["size=5m", "mode=1777"]],
];

for (const [options, attributes, propagation, data] of cases) {
  test(`${options.join(",")} is sorted`, () => {
    const parsed = parseMountOptions(options);
    assert.equal([parsed.attributes, parsed.propagation, parsed.data], [attributes, propagation, data]);
  });
}

test("recursion is said by rbind and by r-attributes", () => {
  assert.equal([parseMountOptions(["rbind"]).recursive, parseMountOptions(["bind"]).recursive], [true, false]);
  assert.equal([parseMountOptions(["rro"]).recursiveAttributes, parseMountOptions(["ro"]).recursiveAttributes], [true, false]);
});

test.run();

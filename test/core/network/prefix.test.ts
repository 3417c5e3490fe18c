import { test } from "uvu";
import * as assert from "uvu/assert";
import { addressBytes, addressNumber, contains, formatAddress, formatPrefix, overlaps, parsePrefix } from "../../../core/network/prefix.ts";

const prefix = (text: string): NonNullable<ReturnType<typeof parsePrefix>> => parsePrefix(text) ?? assert.unreachable(text) as never;

test("addresses of both families are read and written back in their shortest form", () => {
  for (const [text, back] of [["10.0.0.1", "10.0.0.1"], ["::", "::"], ["::1", "::1"], ["fd00:0:0:1:0:0:0:2", "fd00:0:0:1::2"], ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"], ["fe80::", "fe80::"], ["::ffff:10.0.0.1", "::ffff:a00:1"], ["1:0:0:2::", "1:0:0:2::"]] as const) {
    const number = addressNumber(text);
    assert.is(number === undefined ? undefined : formatAddress(number.version, number.value), back, text);
  }
  for (const text of ["", "10.0.0", "10.0.0.256", "fe80::1%eth0", "1::2::3", "name"]) assert.is(addressNumber(text), undefined, text);
});

test("addresses of both families are bytes for the kernel", () => {
  assert.equal([...addressBytes("10.0.2.255")], [10, 0, 2, 255]);
  assert.equal(Buffer.from(addressBytes("fd00::1:ff02")).toString("hex"), `fd${"0".repeat(24)}01ff02`);
});

test("host bits of a network are cleared; what is none is undefined", () => {
  assert.is(formatPrefix(prefix("10.89.0.77/24")), "10.89.0.0/24");
  assert.is(formatPrefix(prefix("fd00::77/64")), "fd00::/64");
  for (const text of ["10.0.0.0", "10.0.0.0/33", "fd00::/129", "x/8", "10.0.0.0/-1"]) assert.is(parsePrefix(text), undefined, text);
});

test("networks that share an address overlap", () => {
  assert.ok(overlaps(prefix("10.0.0.0/8"), prefix("10.89.0.0/24")));
  assert.ok(overlaps(prefix("10.89.0.0/24"), prefix("10.0.0.0/8")));
  assert.not(overlaps(prefix("10.89.0.0/24"), prefix("10.89.1.0/24")));
  assert.not(overlaps(prefix("0.0.0.0/0"), prefix("::/0")));
  assert.ok(contains(prefix("fd00::/64"), addressNumber("fd00::ffff") ?? assert.unreachable("") as never));
});

test.run();

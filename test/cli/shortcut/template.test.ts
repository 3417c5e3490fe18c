import { test } from "uvu";
import * as assert from "uvu/assert";
import { guardTypes } from "../../../cli/shortcut/guard.ts";
import { encodeTemplate, guardRecord, partsPayload, splitAtPlaces, type PartBytes } from "../../../cli/shortcut/template.ts";
import { withoutCounters } from "../../../cli/shortcut/watch-files.ts";

const told = (parts: readonly PartBytes[]): string[] => parts.map(({ kind, bytes }) => (kind === "text" ? Buffer.from(bytes).toString("latin1") : `<${kind}>`));
const id = "0123456789ab".padEnd(64, "c");
const places = { id, shortId: "0123456789ab", name: "brave_turing" };

test("a file is taken apart at the words that each launch has anew; an id is no short id", () => {
  assert.equal(told(splitAtPlaces(Buffer.from(`a ${id} b 0123456789ab\nbrave_turing`), places)), ["a ", "<id>", " b ", "<shortId>", "\n", "<name>"]);
  assert.equal(told(splitAtPlaces(Buffer.from("nothing of it"), places)), ["nothing of it"]);
  assert.equal(told(splitAtPlaces(Buffer.from(`${id}${id}`), places)), ["<id>", "<id>"]);
});

test("bytes that are no text stay as they are", () => {
  const bytes = Buffer.from([0, 0xff, 0x80, 0xc3, 0x28]);
  assert.equal(Buffer.concat(splitAtPlaces(bytes, places).map((part) => part.bytes)), bytes);
});

test("records end with a zero and begin at multiples of four", () => {
  for (const path of ["/a", "/ab", "/abc", "/abcd"]) {
    const file = encodeTemplate([guardRecord({ type: guardTypes.absent, path }), guardRecord({ type: guardTypes.place, path: "/" })]);
    assert.is(file.toString("latin1", 0, 8), "CALATMPL");
    assert.is(file.readUInt32LE(12), file.length);
    assert.equal([file.readUInt32LE(16), file.readUInt32LE(20)], [guardTypes.absent, path.length]);
    const second = 24 + ((path.length + 4) & ~3);
    assert.is(file[24 + path.length], 0);
    assert.equal([file.readUInt32LE(second), file.readUInt32LE(second + 4)], [guardTypes.place, 1]);
  }
});

test("a guard has its numbers before its path, and what was found behind it", () => {
  const [type, payload] = guardRecord({ type: guardTypes.file, path: "/p", numbers: [1n, 2n ** 40n] });
  assert.equal([type, payload.length, Buffer.from(payload).readBigUInt64LE(8)], [guardTypes.file, 18, 2n ** 40n]);
  assert.equal(Buffer.from(guardRecord({ type: guardTypes.link, path: "/p", content: Buffer.from("to") })[1]).toString(), "/p\0to");
});

test("parts are padded, not their lengths", () => {
  const payload = partsPayload(0o600, "etc/hosts", [{ kind: "text", bytes: Buffer.from("abcde") }, { kind: "id", bytes: new Uint8Array(0) }]);
  assert.equal([payload.readUInt32LE(0), payload.readUInt32LE(4), payload.length], [0o600, 9, 8 + 12 + 8 + 8 + 8]);
});

test("routes are compared without the counters of their use", () => {
  const line = (references: string, uses: string): string => `${"0".repeat(32)} 00 ${"0".repeat(32)} 00 fe80 00000400 ${references} ${uses} 00000003     eth0\n`;
  assert.is(withoutCounters(line("00000001", "00000000")), withoutCounters(line("00000002", "0000ffff")));
  assert.is.not(withoutCounters(line("1", "1")), withoutCounters(line("1", "1").replace("eth0", "eth1")));
});

test.run();

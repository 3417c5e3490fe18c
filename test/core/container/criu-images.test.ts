import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { assumeNamespaces, criuStatistics, distinguishMounts, formatMessage, parseMessage, type Field } from "../../../core/container/criu-images.ts";

const directory = mkdtempSync(join(tmpdir(), "criu-images-"));
test.after(() => rmSync(directory, { recursive: true, force: true }));

const numbers = (values: Readonly<Record<number, number>>): Field[] => Object.entries(values).map(([number, value]) => ({ number: Number(number), value: BigInt(value) }));

/** As CRIU writes it: `words` magic numbers, then each message behind its length. */
function write(name: string, words: number, ...messages: readonly (readonly Field[])[]): void {
  const parts = messages.map(formatMessage).flatMap((message) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(message.length);
    return [length, message];
  });
  writeFileSync(join(directory, name), Buffer.concat([Buffer.alloc(4 * words, 0x54), ...parts]));
}

/** Messages of a file as fields. */
function read(name: string, words: number): Field[][] {
  const file = readFileSync(join(directory, name));
  const messages: Field[][] = [];
  for (let at = 4 * words; at < file.length; ) {
    const length = file.readUInt32LE(at);
    messages.push(parseMessage(file.subarray(at + 4, at += 4 + length)));
  }
  return messages;
}

test("a message stays what it is: long numbers, bytes, fields that nobody knows, in their order", () => {
  const fields: Field[] = [{ number: 5, value: 0x82000fn }, { number: 1, value: 0n }, { number: 18, value: Buffer.from("key") }, { number: 300, value: (1n << 64n) - 1n }];
  assert.equal(parseMessage(formatMessage(fields)), fields);
  assert.equal(parseMessage(Buffer.from("0a0161108001", "hex")), [{ number: 1, value: Buffer.from("a") }, { number: 2, value: 128n }]);
});

test("a message that is cut off is damaged", () => {
  for (const hex of ["08", "0a05616263", "0880", "0d01020304"]) assert.throws(() => parseMessage(Buffer.from(hex, "hex")), /checkpoint is damaged/);
});

test("CRIU believes that it is in the container's namespaces but those of mounts and pids", () => {
  write("inventory.img", 1, [{ number: 1, value: 2n }, { number: 3, value: formatMessage(numbers({ 1: 1, 2: 1, 5: 1, 6: 2, 7: 3, 8: 4, 9: 6, 10: 7, 11: 8, 12: 5 })) }, { number: 13, value: Buffer.from("uuid") }]);
  write("ids-1.img", 2, numbers({ 1: 2, 2: 2, 5: 9, 6: 10, 7: 11, 8: 12, 9: 13, 10: 14, 11: 15, 12: 5 }));
  assumeNamespaces(directory);
  const [inventory = []] = read("inventory.img", 1);
  assert.equal(inventory.map(({ number }) => number), [1, 3, 13]);
  assert.equal(parseMessage(inventory[1]?.value as Buffer), numbers({ 1: 1, 2: 1, 5: 1, 6: 10, 7: 11, 8: 12, 9: 6, 10: 14, 11: 15, 12: 5 }));
});

test("mounts from outside have flags that differ, in bits that mean nothing; all others stay", () => {
  const mount = (flags: number, external: boolean): Field[] => [{ number: 1, value: 3n }, { number: 5, value: BigInt(flags) }, ...(external ? [{ number: 18, value: Buffer.from("key") }] : [])];
  write("mountpoints-13.img", 2, mount(0x200001, true), mount(0x200001, false), mount(0x200001, true), mount(0x20000f, true));
  distinguishMounts(directory);
  const flags = read("mountpoints-13.img", 2).map((fields) => Number(fields.find(({ number }) => number === 5)?.value));
  assert.is(flags[1], 0x200001);
  const external = [flags[0], flags[2], flags[3]].map((value = 0) => value);
  assert.is(new Set(external).size, 3);
  const idle = 0x10 | 0x40 | 0x80 | 0x8000 | 0x10000 | 0x800000 | 0x2000000;
  assert.equal(external.map((value) => value & ~idle), [0x200001, 0x200001, 0x20000f]);
});

test("more mounts than can be told apart are refused", () => {
  write("mountpoints-14.img", 2, ...Array.from({ length: 129 }, (): Field[] => [{ number: 5, value: 1n }, { number: 18, value: Buffer.from("key") }]));
  assert.throws(() => distinguishMounts(directory), /more than 128 mounts/);
  rmSync(join(directory, "mountpoints-14.img"));
});

test("what CRIU counted has podman's names; without its file there is nothing", () => {
  write("stats-dump", 2, [{ number: 1, value: formatMessage(numbers({ 1: 2241, 2: 328130, 3: 3093, 4: 193, 5: 6192, 6: 0, 7: 34, 9: 0 })) }]);
  assert.equal(criuStatistics(directory, "checkpoint"), { freezing_time: 2241, frozen_time: 328130, memdump_time: 3093, memwrite_time: 193, pages_scanned: 6192, pages_skipped_parent: 0, pages_written: 34 });
  assert.equal(criuStatistics(directory, "restore"), {});
});

test.run();

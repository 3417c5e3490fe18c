/** The few things in CRIU's files that are read or changed: messages of protobuf behind a magic number and a length (images/*.proto of CRIU). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import { CalaError } from "../base/error.ts";
import { writeAtomic } from "../fs/write-atomic.ts";

/** One field of a message: a number, or bytes that may be a message again. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** Takes a message apart. @throws CalaError `checkpoint-damaged` */
export function parseMessage(bytes: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw damaged("a number is cut off");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, wire] = [Number(tag >> 3n), Number(tag & 7n)];
    if (wire === 0) fields.push({ number, value: varint() });
    else if (wire === 2) {
      const length = Number(varint());
      if (length > bytes.length - at) throw damaged("a field is cut off");
      fields.push({ number, value: bytes.subarray(at, at += length) });
    } else throw damaged(`a field of the kind ${wire}`);
  }
  return fields;
}

/** The bytes of a message. */
export function formatMessage(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(({ number, value }) => typeof value === "bigint"
    ? [varintBytes(BigInt(number) << 3n), varintBytes(value)]
    : [varintBytes(BigInt(number) << 3n | 2n), varintBytes(BigInt(value.length)), value]));
}

function varintBytes(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
    if (rest <= 127n) return Buffer.from(bytes);
  }
}

function damaged(how: string): CalaError {
  return new CalaError("checkpoint-damaged", `a file of the checkpoint is damaged: ${how}`);
}

/** The only message of a file. */
function messageOf(path: string): { readonly head: Buffer; readonly message: Buffer } {
  const { head, messages } = messagesOf(readFileSync(path));
  const [message, another] = messages;
  if (message === undefined || another !== undefined) throw damaged("it has other than one part");
  return { head, message };
}

/** What stands behind the magic numbers (two, one in files for CRIU itself), each with its length before it. */
function messagesOf(file: Buffer): { readonly head: Buffer; readonly messages: readonly Buffer[] } {
  for (const start of [8, 4]) {
    const messages: Buffer[] = [];
    let at = start;
    while (at + 4 <= file.length && file.readUInt32LE(at) <= file.length - at - 4) {
      const length = file.readUInt32LE(at);
      messages.push(file.subarray(at + 4, at += 4 + length));
    }
    if (at === file.length && messages.length > 0) return { head: file.subarray(0, start), messages };
  }
  throw damaged("its length is another");
}

const rootIds = 3;
/** Fields of task_kobj_ids_entry: of the network, interprocess communication, host name, user ids and control groups. */
const joined: readonly number[] = [6, 7, 8, 10, 11];

/**
 * Makes CRIU believe, when it brings the processes back, that it is in their namespaces already, but for those of mounts and pids: then it
 * makes only these two. The others are made by the container's launch, as CRIU's own would be: nested, with the network in them.
 */
export function assumeNamespaces(directory: string): void {
  const path = join(directory, "inventory.img");
  const { head, message } = messageOf(path);
  const ids = new Map(parseMessage(messageOf(join(directory, "ids-1.img")).message).map(({ number, value }) => [number, value]));
  const changed = parseMessage(message).map((field): Field => {
    if (field.number !== rootIds || typeof field.value === "bigint") return field;
    return { number: rootIds, value: formatMessage(parseMessage(field.value).map(({ number, value }) => ({ number, value: joined.includes(number) ? ids.get(number) ?? value : value }))) };
  });
  assert(changed.some(({ number }) => number === rootIds), "an inventory without ids");
  const bytes = formatMessage(changed);
  writeAtomic(path, Buffer.concat([head, lengthBytes(bytes.length), bytes]), { mode: 0o600 });
}

const mountFlags = 5;
const externalKey = 18;
/** Flags of mount(2) that mean nothing in a change of a bind mount: SYNCHRONOUS, MANDLOCK, DIRSYNC, SILENT, POSIXACL, I_VERSION, LAZYTIME. */
const idleFlags: readonly bigint[] = [0x10n, 0x40n, 0x80n, 0x8000n, 0x10000n, 0x800000n, 0x2000000n];

/**
 * Makes the flags of all mounts that come from outside differ in bits that mean nothing. Of two of one source with equal flags CRIU sets
 * those of the first only (do_bind_mount_v2 up to CRIU 4.2), so that a read-only volume could be written to.
 * @throws CalaError `checkpoint-unsupported` for more mounts than can be told apart
 */
export function distinguishMounts(directory: string): void {
  let count = 0;
  for (const name of readdirSync(directory).filter((each) => /^mountpoints-\d+\.img$/.test(each))) {
    const file = readFileSync(join(directory, name));
    const { head, messages } = messagesOf(file);
    const changed = messages.map((message) => {
      const fields = parseMessage(message);
      if (!fields.some(({ number }) => number === externalKey)) return message;
      if (count >= 1 << idleFlags.length) throw new CalaError("checkpoint-unsupported", `a container with more than ${1 << idleFlags.length} mounts from outside cannot be saved`);
      const mark = idleFlags.reduce((flags, flag, index) => (count >> index & 1) === 1 ? flags | flag : flags, 0n);
      count++;
      return formatMessage(fields.map((field) => field.number === mountFlags && typeof field.value === "bigint" ? { number: mountFlags, value: field.value | mark } : field));
    });
    writeAtomic(join(directory, name), Buffer.concat([head, ...changed.flatMap((message) => [lengthBytes(message.length), message])]), { mode: 0o600 });
  }
}

function lengthBytes(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(length);
  return bytes;
}

const dumpStatistics = ["freezing_time", "frozen_time", "memdump_time", "memwrite_time", "pages_scanned", "pages_skipped_parent", "pages_written"] as const;
const restoreStatistics = ["pages_compared", "pages_skipped_cow", "forking_time", "restore_time", "pages_restored"] as const;

/** What CRIU counted, by podman's names, times in microseconds; empty where it left no file. */
export function criuStatistics(directory: string, action: "checkpoint" | "restore"): Readonly<Record<string, number>> {
  const path = join(directory, action === "checkpoint" ? "stats-dump" : "stats-restore");
  if (!existsSync(path)) return {};
  const [part, names] = action === "checkpoint" ? [1, dumpStatistics] as const : [2, restoreStatistics] as const;
  const entry = parseMessage(messageOf(path).message).find(({ number }) => number === part)?.value;
  const counted = new Map(entry instanceof Buffer ? parseMessage(entry).map(({ number, value }) => [number, value]) : []);
  return Object.fromEntries(names.map((name, index) => [name, Number(counted.get(index + 1) ?? 0n)]));
}

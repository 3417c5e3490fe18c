/** The bytes of a launch template; native/launch-template.h describes them. */
import { partKinds, type Guard } from "./guard.ts";

const magic = "CALATMPL";
const version = 2;

/** One record: a type, and its payload. */
export type TemplateRecord = readonly [type: number, payload: Uint8Array];

/** A piece of a file's text, or a place that each launch fills in. */
export type Part = string | Exclude<keyof typeof partKinds, "text">;

/** 32-bit numbers. */
export function numbers32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
}

/** A guard as a record. */
export function guardRecord({ type, path, numbers = [], words = [], content }: Guard): TemplateRecord {
  const long = Buffer.alloc(numbers.length * 8);
  numbers.forEach((value, index) => long.writeBigUInt64LE(BigInt.asUintN(64, value), index * 8));
  const rest = content === undefined ? [] : [Buffer.of(0), content];
  return [type, Buffer.concat([long, numbers32(...words), Buffer.from(path), ...rest])];
}

function padded(bytes: Uint8Array): Uint8Array[] {
  return [bytes, Buffer.alloc(-bytes.length & 3)];
}

/** A number, a path and the parts of what is written there. */
export function partsPayload(number: number, path: string, parts: readonly PartBytes[]): Buffer {
  const name = Buffer.from(path);
  const pieces = parts.flatMap(({ kind, bytes }) => [numbers32(partKinds[kind], bytes.length), ...padded(bytes)]);
  return Buffer.concat([numbers32(number, name.length), ...padded(name), ...pieces]);
}

/** A part with its bytes; only text has any. */
export interface PartBytes {
  readonly kind: keyof typeof partKinds;
  readonly bytes: Uint8Array;
}

/** Words that stand for places. */
export type Places = Readonly<Partial<Record<Exclude<keyof typeof partKinds, "text">, string | undefined>>>;

/** Takes bytes apart at the words that stand for places; where several begin, the longest wins. */
export function splitAtPlaces(content: Uint8Array, places: Places): PartBytes[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const found = Object.entries(places).flatMap(([kind, word]) => (word === undefined ? [] : occurrences(bytes, kind as keyof Places, Buffer.from(word))));
  found.sort((left, right) => left.at - right.at || right.length - left.length);
  const parts: PartBytes[] = [];
  let at = 0;
  const add = (end: number): void => { if (end > at) parts.push({ kind: "text", bytes: bytes.subarray(at, end) }); };
  for (const place of found) {
    if (place.at < at) continue;
    add(place.at);
    parts.push({ kind: place.kind, bytes: new Uint8Array(0) });
    at = place.at + place.length;
  }
  add(bytes.length);
  return parts;
}

interface Occurrence {
  readonly kind: keyof Places;
  readonly at: number;
  readonly length: number;
}

/** Searched byte by byte: a pattern of them all takes twenty times as long when it runs for the first time. */
function occurrences(bytes: Buffer, kind: keyof Places, word: Buffer): Occurrence[] {
  const found: Occurrence[] = [];
  for (let at = bytes.indexOf(word); at >= 0; at = bytes.indexOf(word, at + word.length)) found.push({ kind, at, length: word.length });
  return found;
}

/** The whole file. */
export function encodeTemplate(records: readonly TemplateRecord[]): Buffer {
  const body = Buffer.concat(records.flatMap(([type, payload]) => [numbers32(type, payload.length), payload, Buffer.alloc(4 - (payload.length & 3))]));
  return Buffer.concat([Buffer.from(magic), numbers32(version, body.length + 16), body]);
}

/**
 * NaCl's secretbox: XSalsa20 and Poly1305, which node:crypto has not. For keys of a few hundred bytes; nothing here is meant to be quick.
 * Sources: Bernstein, "Extending the Salsa20 nonce"; RFC 8439, section 2.5; nacl.cr.yp.to/secretbox.html.
 */
import { timingSafeEqual } from "node:crypto";

const tagBytes = 16;
const blockBytes = 64;
/** "expand 32-byte k". */
const sigma = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const;
/** The words of a state that each quarter of a double round works on. */
const quarters = [
  [0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11],
  [0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14],
] as const;

/** What was sealed; undefined for the wrong key or changed bytes. @param nonce 24 bytes @param key 32 bytes */
export function openSecretbox(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Buffer | undefined {
  if (box.length < tagBytes || nonce.length !== 24 || key.length !== 32) return undefined;
  const sealed = box.subarray(tagBytes);
  const stream = secretboxStream(nonce, key, 32 + sealed.length);
  if (!timingSafeEqual(poly1305(stream.subarray(0, 32), sealed), box.subarray(0, tagBytes))) return undefined;
  return Buffer.from(sealed.map((byte, index) => byte ^ (stream[32 + index] ?? 0)));
}

/** The bytes of XSalsa20: the first 32 are the key of the tag, the rest is laid over the message. */
export function secretboxStream(nonce: Uint8Array, key: Uint8Array, length: number): Buffer {
  const inner = words(key);
  const outer = rounds(state(inner, words(nonce.subarray(0, 16))));
  const subkey = [0, 5, 10, 15, 6, 7, 8, 9].map((index) => outer[index] ?? 0);
  const stream = Buffer.alloc(Math.ceil(length / blockBytes) * blockBytes);
  const [low = 0, high = 0] = words(nonce.subarray(16));
  for (let block = 0; block * blockBytes < length; block += 1) {
    const start = state(subkey, [low, high, block, 0]);
    rounds(start).forEach((word, index) => { stream.writeUInt32LE((word + (start[index] ?? 0)) >>> 0, block * blockBytes + index * 4); });
  }
  return stream.subarray(0, length);
}

function words(bytes: Uint8Array): number[] {
  const view = Buffer.from(bytes);
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.readUInt32LE(index * 4));
}

function state(key: readonly number[], input: readonly number[]): number[] {
  const [a, b, c, d] = sigma;
  return [a, ...key.slice(0, 4), b, ...input, c, ...key.slice(4), d];
}

/** Salsa20's twenty rounds. */
function rounds(start: readonly number[]): number[] {
  const x = [...start];
  const mix = (target: number, left: number, right: number, by: number): void => {
    const sum = ((x[left] ?? 0) + (x[right] ?? 0)) | 0;
    x[target] = ((x[target] ?? 0) ^ (sum << by | sum >>> (32 - by))) >>> 0;
  };
  for (let round = 0; round < 10; round += 1) {
    for (const [a, b, c, d] of quarters) {
      mix(b, a, d, 7);
      mix(c, b, a, 9);
      mix(d, c, b, 13);
      mix(a, d, c, 18);
    }
  }
  return x;
}

/** A message's authenticator under a key that is used once. */
export function poly1305(key: Uint8Array, message: Uint8Array): Buffer {
  const factor = number(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  const prime = (1n << 130n) - 5n;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + number(block) + (1n << BigInt(block.length * 8))) * factor) % prime;
  }
  const tag = BigInt.asUintN(128, sum + number(key.subarray(16, 32)));
  return Buffer.from(Array.from({ length: tagBytes }, (_, index) => Number((tag >> BigInt(index * 8)) & 0xffn)));
}

function number(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

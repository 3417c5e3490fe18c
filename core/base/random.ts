/** Random bytes straight from the kernel: loading node:crypto for a name or an id would cost a short command 5 ms. */
import { closeSync, openSync, readSync } from "node:fs";
import { assert } from "./assert.ts";

const poolBytes = 256;
let pool: Buffer = Buffer.alloc(0);

/** `count` bytes of the kernel's random generator, as good as those of node:crypto; at most 256. */
export function randomBytes(count: number): Buffer {
  assert(count > 0 && count <= poolBytes, "count of random bytes out of range");
  if (pool.length < count) pool = readRandom();
  const bytes = pool.subarray(0, count);
  pool = pool.subarray(count);
  return bytes;
}

/** A random integer from 0 up to but not including `limit` (at most 2^32); the bias is below 2^-16. */
export function randomInt(limit: number): number {
  assert(Number.isInteger(limit) && limit > 0 && limit <= 2 ** 32, "limit out of range");
  return randomBytes(6).readUIntBE(0, 6) % limit;
}

function readRandom(): Buffer {
  const bytes = Buffer.alloc(poolBytes);
  const fd = openSync("/dev/urandom", "r");
  try {
    // Reads of at most 256 bytes are never short (random(4)).
    const length = readSync(fd, bytes);
    assert(length === poolBytes, "short read of /dev/urandom");
    return bytes;
  } finally {
    closeSync(fd);
  }
}

/**
 * SHA-256 of short texts, as names of files and small documents: loading node:crypto for one would cost a short command 5 ms. Whatever is
 * longer than a few thousand bytes is hashed by node:crypto. Source: FIPS 180-4, section 6.2.
 */

const blockBytes = 64;

/** The digest of a text's UTF-8 bytes, as 64 lower-case hexadecimal digits. */
export function sha256OfText(text: string): string {
  return sha256OfBytes(Buffer.from(text));
}

/** The digest of some bytes, as 64 lower-case hexadecimal digits. */
export function sha256OfBytes(bytes: Uint8Array): string {
  const state = Int32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);
  const constants = roundConstants();
  const message = padded(bytes);
  for (let offset = 0; offset < message.length; offset += blockBytes) compress(state, schedule(message, offset), constants);
  return Buffer.from(state.buffer).swap32().toString("hex");
}

/** The message, a one bit, zeros, and the length in bits at the end of a block. */
function padded(bytes: Uint8Array): Buffer {
  const message = Buffer.alloc(Math.ceil((bytes.length + 9) / blockBytes) * blockBytes);
  message.set(bytes);
  message[bytes.length] = 0x80;
  message.writeUInt32BE(bytes.length * 8, message.length - 4);
  return message;
}

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes; finding them takes as long as hashing. */
function roundConstants(): Int32Array {
  return Int32Array.of(
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  );
}

/**
 * This function and the next run a few times only, in V8's interpreter: whatever they called for each word (rotating, reading, naming
 * defaults) took most of their time.
 */
function schedule(message: Buffer, offset: number): Int32Array {
  const words = new Int32Array(64);
  for (let at = 0, from = offset; at < 16; at += 1, from += 4) {
    words[at] = (message[from] as number) << 24 | (message[from + 1] as number) << 16 | (message[from + 2] as number) << 8 | (message[from + 3] as number);
  }
  for (let at = 16; at < 64; at += 1) {
    const early = words[at - 15] as number;
    const late = words[at - 2] as number;
    const sigma0 = (early >>> 7 | early << 25) ^ (early >>> 18 | early << 14) ^ (early >>> 3);
    const sigma1 = (late >>> 17 | late << 15) ^ (late >>> 19 | late << 13) ^ (late >>> 10);
    words[at] = (words[at - 16] as number) + sigma0 + (words[at - 7] as number) + sigma1;
  }
  return words;
}

/** Plain assignments: swapping by destructuring would take ten times as long before it is optimised. */
function compress(state: Int32Array, words: Int32Array, constants: Int32Array): void {
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let at = 0; at < 64; at += 1) {
    const sum1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + (constants[at] as number) + (words[at] as number)) | 0;
    const sum0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
    const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, at) => { state[at] = (state[at] as number) + word; });
}

import { readSync } from "node:fs";
import { isErrno } from "../../core/base/error.ts";
import type { Sink } from "./sink.ts";

/**
 * Asks on standard error whether to go on, as the prune commands do; anything but y or yes is no, and so is the end of input.
 * Reads standard input byte by byte, so that what follows the answer is left to the next reader.
 */
export function confirm(err: Sink, warning: string, readByte: () => number | undefined = readInputByte): boolean {
  err.write(`${warning}\nAre you sure you want to continue? [y/N] `);
  let answer = "";
  for (let byte = readByte(); byte !== undefined && byte !== 10; byte = readByte()) answer += String.fromCharCode(byte);
  return /^y(es)?$/i.test(answer.trim());
}

function readInputByte(): number | undefined {
  const buffer = Buffer.alloc(1);
  for (;;) {
    try {
      return readSync(0, buffer, 0, 1, null) === 0 ? undefined : buffer[0];
    } catch (error) {
      if (isErrno(error, "EOF")) return undefined;
      if (!isErrno(error, "EAGAIN")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

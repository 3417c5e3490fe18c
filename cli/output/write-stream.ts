import { createWriteStream, rmSync } from "node:fs";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CalaError, isErrno, reasonOf } from "../../core/base/error.ts";

/** Writes a stream to a file, or to standard output; a file that could not be written as a whole is removed. @throws CalaError `out-unusable` */
export async function writeStream(stream: Readable, path: string | undefined, signal: AbortSignal, mode = 0o644): Promise<void> {
  const target = path === undefined ? process.stdout : createWriteStream(path, { mode, highWaterMark: 1 << 20 });
  try {
    await pipeline(stream, target, { signal, end: path !== undefined });
  } catch (error) {
    if (path === undefined && isErrno(error, "EPIPE", "ERR_STREAM_PREMATURE_CLOSE")) return; // the reader has had enough
    if (error instanceof CalaError || signal.aborted) {
      if (path !== undefined) rmSync(path, { force: true });
      throw error;
    }
    throw new CalaError("out-unusable", `cannot write ${path === undefined ? "to standard output" : `"${path}"`}: ${reasonOf(error)}`, { cause: error });
  }
}

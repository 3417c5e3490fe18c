/** Downloads that go on where they stopped: what arrives is unpacked at once and kept beside until the layer is complete. */
import { closeSync, constants, createReadStream, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { CalaError, messageOf } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { downloadsDir } from "../dirs/paths.ts";
import { digestHex } from "../oci/digest.ts";
import type { Descriptor } from "../oci/image-types.ts";
import type { BlobStream } from "../registry/blobs.ts";
import { skipBytes } from "../registry/skip-bytes.ts";
import { isTransientError, pause, pauseMs, type RetryPolicy } from "../registry/retry.ts";

/** One blob on its way. */
export interface Download {
  readonly dirs: Dirs;
  readonly descriptor: Descriptor;
  /** For messages. */
  readonly from: string;
  readonly retry: RetryPolicy;
  readonly signal: AbortSignal;
  readonly open: (offset: number) => Promise<BlobStream>;
  readonly onBytes: (doneBytes: number) => void;
}

/** Smaller layers are simply fetched again. */
const smallestKeptBytes = 2 ** 20;

/** The file in which an unfinished download waits. */
export function partialFile(dirs: Dirs, descriptor: Descriptor): string {
  return join(downloadsDir(dirs), `${digestHex(descriptor.digest)}.partial`);
}

/** Forgets what was downloaded of a blob. */
export function discardPartial(dirs: Dirs, descriptor: Descriptor): void {
  rmSync(partialFile(dirs, descriptor), { force: true });
}

/** How much of a blob is there from an earlier download; a file that is too long is thrown away. */
export function partialBytes(dirs: Dirs, descriptor: Descriptor): number {
  try {
    const { size } = statSync(partialFile(dirs, descriptor));
    if (size <= descriptor.size) return size;
    discardPartial(dirs, descriptor);
  } catch {
    // There is none.
  }
  return 0;
}

/** All bytes of a blob in order; errors come out of the stream. The digest is not checked here, the size is. */
export function downloadStream(download: Download): Readable {
  return Readable.from(pieces(download), { objectMode: false, highWaterMark: 1 << 20 });
}

async function* pieces(download: Download): AsyncGenerator<Buffer> {
  const { dirs, descriptor, signal } = download;
  const kept = partialBytes(dirs, descriptor);
  let done = 0;
  if (kept > 0) {
    for await (const chunk of createReadStream(partialFile(dirs, descriptor), { end: kept - 1, highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      done += chunk.length;
      download.onBytes(done);
      yield chunk;
    }
  }
  const keeper = new Keeper(download);
  try {
    yield* fromNetwork(download, done, keeper);
  } finally {
    keeper.close();
  }
}

async function* fromNetwork(download: Download, start: number, keeper: Keeper): AsyncGenerator<Buffer> {
  const { descriptor } = download;
  let done = start;
  for (let attempt = 0; done < descriptor.size; ) {
    const before = done;
    try {
      const { offset, stream } = await download.open(done);
      // A registry that knows no ranges always begins at the beginning.
      for await (const chunk of skipBytes(stream, done - offset)) {
        if (done + chunk.length > descriptor.size) throw tooLong(download);
        keeper.write(chunk, done);
        done += chunk.length;
        download.onBytes(done);
        yield chunk;
      }
      if (done === descriptor.size) return;
      throw Object.assign(new Error(`it ended after ${done} of ${descriptor.size} bytes`), { code: "ECONNRESET" });
    } catch (error) {
      if (done > before) attempt = 0;
      const canRepeat = isTransientError(error) && attempt < download.retry.attempts && !download.signal.aborted && done < descriptor.size;
      if (!canRepeat || (done === before && attempt >= download.retry.attempts)) throw truncated(download, error, done);
      await pause(pauseMs(download.retry, attempt), download.signal);
      attempt += 1;
    }
  }
}

function tooLong(download: Download): CalaError {
  return new CalaError("digest-mismatch", `layer "${download.descriptor.digest}" from ${download.from} is longer than the ${download.descriptor.size} bytes of its manifest`);
}

function truncated(download: Download, error: unknown, done: number): unknown {
  if (error instanceof CalaError || (error instanceof Error && error.name === "AbortError")) return error;
  return new CalaError("download-interrupted", `the download of layer "${download.descriptor.digest}" from ${download.from} broke off after ${done} of ${download.descriptor.size} bytes: ${messageOf(error)}`, {
    cause: error, hint: "run the same command again; it goes on where this one stopped",
  });
}

/** Writes what arrives into the partial file; a full disk only ends the keeping, not the download. */
class Keeper {
  #fd: number | undefined;

  constructor(download: Download) {
    if (download.descriptor.size < smallestKeptBytes) return;
    try {
      this.#fd = openSync(partialFile(download.dirs, download.descriptor), constants.O_WRONLY | constants.O_CREAT, 0o600);
    } catch {
      this.#fd = undefined;
    }
  }

  write(chunk: Buffer, offset: number): void {
    if (this.#fd === undefined) return;
    try {
      // An interrupted write would leave a hole; stopping here keeps the file a true beginning.
      if (writeSync(this.#fd, chunk, 0, chunk.length, offset) !== chunk.length) this.close();
    } catch {
      this.close();
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

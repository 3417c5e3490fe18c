/** Archives that cannot be read in any order (standard input, packed files) are written to a temporary file first. */
import { closeSync, createReadStream, createWriteStream, openSync, readSync, rmSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { Readable, Transform } from "node:stream";
import { CalaError, isErrno, messageOf, reasonOf } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { stagingPath } from "../layer/staging.ts";
import { sniffPacking, unpacking, type LayerPacking } from "../layer/compression.ts";

/** An uncompressed archive file; `release` removes it when it was temporary. */
export interface PlainArchive {
  readonly file: string;
  readonly release: () => void;
}

function headOf(file: string): Buffer {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    throw new CalaError("archive-unreadable", `the archive "${file}" cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  try {
    const head = Buffer.alloc(8);
    return head.subarray(0, readSync(fd, head, 0, head.length, 0));
  } finally {
    closeSync(fd);
  }
}

/** The archive in a file or a stream as an uncompressed file. @throws CalaError `archive-unreadable`, `archive-invalid` */
export async function plainArchive(dirs: Dirs, input: string | Readable, signal?: AbortSignal): Promise<PlainArchive> {
  if (typeof input === "string") {
    const packing = sniffPacking(headOf(input));
    if (packing === "none") return { file: input, release: () => undefined };
    return await spool(dirs, createReadStream(input, { highWaterMark: 1 << 20 }), packing, `"${input}"`, signal);
  }
  const { head, rest } = await peek(input);
  return await spool(dirs, rest, sniffPacking(head), "on standard input", signal);
}

async function spool(dirs: Dirs, input: Readable, packing: LayerPacking, place: string, signal: AbortSignal | undefined): Promise<PlainArchive> {
  const file = stagingPath(dirs, "archive");
  const release = (): void => rmSync(file, { force: true });
  const steps: Transform[] = packing === "none" ? [] : [unpacking(packing)];
  try {
    await pipeline([input, ...steps, createWriteStream(file, { mode: 0o600, flags: "wx", highWaterMark: 1 << 20 })], signal === undefined ? {} : { signal });
    return { file, release };
  } catch (error) {
    release();
    if (error instanceof CalaError || (error instanceof Error && error.name === "AbortError")) throw error;
    if (isErrno(error, "ENOSPC", "EDQUOT")) throw new CalaError("disk-full", `there is no room to unpack the archive ${place}`, { cause: error });
    throw new CalaError("archive-invalid", `the archive ${place} is damaged: ${messageOf(error)}`, { cause: error });
  }
}

/** The first bytes of a stream, and a stream that still has them. */
async function peek(input: Readable): Promise<{ readonly head: Buffer; readonly rest: Readable }> {
  const { Readable: Streams } = await import("node:stream");
  const iterator = input[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < 8) {
    const next = await iterator.next();
    if (next.done === true) break;
    chunks.push(Buffer.from(next.value));
    size += next.value.length;
  }
  const head = Buffer.concat(chunks);
  const all = async function* (): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  };
  return { head, rest: Streams.from(head.length === 0 ? [] : all(), { objectMode: false }) };
}

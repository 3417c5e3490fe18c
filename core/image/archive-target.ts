/** Where `save` writes: members of a tar stream, or files of a directory. */
import { createWriteStream, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { once } from "node:events";
import { CalaError } from "../base/error.ts";
import { tarEnd, tarHeader, tarPadding } from "./tar-writer.ts";

/** Takes members one after the other; names are relative. */
export interface ArchiveTarget {
  has(name: string): boolean;
  add(name: string, bytes: Uint8Array): Promise<void>;
  /** A member whose size must be known before; a stream of another size is an error. */
  addStream(name: string, sizeBytes: number, stream: Readable): Promise<void>;
  link(name: string, target: string): Promise<void>;
  finish(): Promise<void>;
}

/** A tar archive; the writable is not closed. */
export function tarTarget(output: Writable): ArchiveTarget {
  const names = new Set<string>();
  output.on("error", () => undefined); // seen by the next write
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (output.destroyed) throw output.errored ?? new Error("the output is closed");
    if (bytes.length > 0 && !output.write(bytes)) await drained(output);
  };
  // skopeo gives what it unpacks the archive's owners, and directories without an entry to root: an ordinary user may do neither.
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const begin = async (name: string, sizeBytes: number, target?: string): Promise<void> => {
    names.add(name);
    for (let slash = name.indexOf("/"); slash >= 0; slash = name.indexOf("/", slash + 1)) {
      const directory = name.slice(0, slash + 1);
      if (!names.has(directory)) await write(tarHeader(directory, 0, "directory", "", 0o755, owner));
      names.add(directory);
    }
    await write(tarHeader(name, sizeBytes, target === undefined ? "file" : "symlink", target, 0o644, owner));
  };
  return {
    has: (name) => names.has(name),
    add: async (name, bytes) => {
      await begin(name, bytes.length);
      await write(bytes);
      await write(tarPadding(bytes.length));
    },
    addStream: async (name, sizeBytes, stream) => {
      await begin(name, sizeBytes);
      let done = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        done += chunk.length;
        if (done > sizeBytes) break;
        await write(chunk);
      }
      if (done !== sizeBytes) throw new CalaError("layer-damaged", `"${name}" has ${done} bytes in the store and should have ${sizeBytes}`, { hint: "cala rmi IMAGE, then cala pull IMAGE" });
      await write(tarPadding(sizeBytes));
    },
    link: async (name, target) => await begin(name, 0, target),
    finish: async () => await write(tarEnd()),
  };
}

/** Waits until a stream takes more, or never will. */
async function drained(output: Writable): Promise<void> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    if (!output.destroyed) await Promise.race([once(output, "drain", { signal }), once(output, "close", { signal })]);
  } finally {
    waiting.abort();
  }
}

/** A directory, made when missing. */
export function directoryTarget(directory: string): ArchiveTarget {
  const path = (name: string): string => {
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  };
  return {
    has: (name) => existsSync(join(directory, name)),
    add: async (name, bytes) => await pipeline([bytes], createWriteStream(path(name), { highWaterMark: 1 << 20 })),
    addStream: async (name, _sizeBytes, stream) => await pipeline(stream, createWriteStream(path(name), { highWaterMark: 1 << 20 })),
    link: (name, target) => Promise.resolve(symlinkSync(target, path(name))),
    finish: () => Promise.resolve(),
  };
}

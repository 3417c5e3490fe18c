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
  let failure: Error | undefined;
  output.on("error", (error) => { failure = error; });
  const write = async (bytes: Uint8Array): Promise<void> => {
    if (failure !== undefined) throw failure;
    if (bytes.length > 0 && !output.write(bytes)) await Promise.race([once(output, "drain"), once(output, "close")]);
  };
  const begin = (name: string): void => void names.add(name);
  return {
    has: (name) => names.has(name),
    add: async (name, bytes) => {
      begin(name);
      await write(tarHeader(name, bytes.length));
      await write(bytes);
      await write(tarPadding(bytes.length));
    },
    addStream: async (name, sizeBytes, stream) => {
      begin(name);
      await write(tarHeader(name, sizeBytes));
      let done = 0;
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        done += chunk.length;
        if (done > sizeBytes) break;
        await write(chunk);
      }
      if (done !== sizeBytes) throw new CalaError("layer-damaged", `"${name}" has ${done} bytes in the store and should have ${sizeBytes}`, { hint: "cala system check --repair" });
      await write(tarPadding(sizeBytes));
    },
    link: async (name, target) => {
      begin(name);
      await write(tarHeader(name, 0, "symlink", target));
    },
    finish: async () => await write(tarEnd()),
  };
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
    add: async (name, bytes) => await pipeline([bytes], createWriteStream(path(name))),
    addStream: async (name, _sizeBytes, stream) => await pipeline(stream, createWriteStream(path(name))),
    link: (name, target) => Promise.resolve(symlinkSync(target, path(name))),
    finish: () => Promise.resolve(),
  };
}

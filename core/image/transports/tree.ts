/** Named byte sequences of an unpacked image: a directory or a tar file. Names that leave it do not exist. */
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join, posix } from "node:path";
import { Readable } from "node:stream";
import { CalaError } from "../../base/error.ts";
import { indexTar, type TarMember } from "../tar-index.ts";

/** Reads members by name. */
export interface FileTree {
  /** For messages. */
  readonly place: string;
  has(name: string): boolean;
  sizeBytes(name: string): number;
  /** A small file as a whole. @throws CalaError `archive-invalid` */
  read(name: string, limitBytes: number): Promise<Buffer>;
  open(name: string): Readable;
}

function missing(place: string, name: string): CalaError {
  return new CalaError("archive-invalid", `"${place}" is not a whole image: "${name.slice(0, 200)}" is missing`);
}

function tooLong(place: string, name: string, limitBytes: number): CalaError {
  return new CalaError("archive-invalid", `"${place}" is not valid: "${name.slice(0, 200)}" is longer than ${limitBytes} bytes`);
}

/** A directory; only names that were made of digests or are fixed may be asked for. */
export function directoryTree(directory: string): FileTree {
  const path = (name: string): string => {
    if (name.startsWith("/") || name.split("/").includes("..")) throw missing(directory, name);
    return join(directory, name);
  };
  const size = (name: string): number => {
    if (!existsSync(path(name))) throw missing(directory, name);
    return statSync(path(name)).size;
  };
  return {
    place: directory,
    has: (name) => existsSync(path(name)),
    sizeBytes: size,
    read: async (name, limitBytes) => {
      if (size(name) > limitBytes) throw tooLong(directory, name, limitBytes);
      return await Promise.resolve(readFileSync(path(name)));
    },
    open: (name) => createReadStream(path(name), { highWaterMark: 1 << 20 }),
  };
}

const longestLinkChain = 8;

/** An uncompressed tar file; `place` is what the user called it. @throws CalaError `archive-invalid` */
export function archiveTree(file: string, place: string): FileTree {
  const members = indexTar(file);
  const find = (name: string): TarMember => {
    let member = members.get(posix.normalize(name));
    // Old docker archives have links in place of layers that occur twice.
    for (let step = 0; member?.kind === "link" && step < longestLinkChain; step += 1) {
      member = members.get(posix.join(posix.dirname(member.name), member.target)) ?? members.get(posix.normalize(member.target));
    }
    if (member?.kind !== "file") throw missing(place, name);
    return member;
  };
  return {
    place,
    has: (name) => members.has(posix.normalize(name)),
    sizeBytes: (name) => find(name).sizeBytes,
    read: async (name, limitBytes) => {
      const { offset, sizeBytes } = find(name);
      if (sizeBytes > limitBytes) throw tooLong(place, name, limitBytes);
      const bytes = Buffer.alloc(sizeBytes);
      const handle = await open(file, "r");
      try {
        await handle.read(bytes, 0, sizeBytes, offset);
      } finally {
        await handle.close();
      }
      return bytes;
    },
    open: (name) => {
      const { offset, sizeBytes } = find(name);
      return sizeBytes === 0 ? Readable.from([]) : createReadStream(file, { start: offset, end: offset + sizeBytes - 1, highWaterMark: 1 << 20 });
    },
  };
}

/** Finds the members of an uncompressed tar file, so that they can be read in any order. Formats: ustar, GNU long names, pax. */
import { closeSync, openSync, readSync, fstatSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { readPaxFields, readTarHeader, tarBlockBytes as block, type PaxFields, type TarHeader } from "./tar-format.ts";

/** One member of an archive. */
export interface TarMember {
  readonly name: string;
  /** Where its bytes begin in the file. */
  readonly offset: number;
  readonly sizeBytes: number;
  readonly kind: "file" | "link" | "directory" | "other";
  /** Target of a symbolic or hard link, as written. */
  readonly target: string;
}

const mostMembers = 100_000;
const largestExtensionBytes = 1 << 20;

/** The regular files and links of an archive by name. @throws CalaError `archive-invalid` */
export function indexTar(path: string): Map<string, TarMember> {
  const fd = openSync(path, "r");
  try {
    return readMembers(fd, fstatSync(fd).size, path);
  } finally {
    closeSync(fd);
  }
}

function invalid(path: string, reason: string): CalaError {
  return new CalaError("archive-invalid", `the archive "${path}" is damaged: ${reason}`);
}

function readMembers(fd: number, fileSize: number, path: string): Map<string, TarMember> {
  const members = new Map<string, TarMember>();
  let fields: PaxFields = {};
  const bytes = Buffer.alloc(block);
  for (let position = 0; position + block <= fileSize; ) {
    readExactly(fd, bytes, position, path);
    const header = readTarHeader(bytes);
    if (header.isEnd) break;
    if (!header.isValid) throw invalid(path, `there is no tar header at byte ${position}`);
    const size = fields.size ?? header.sizeBytes;
    if (!Number.isSafeInteger(size) || size < 0) throw invalid(path, `a member at byte ${position} has an impossible size`);
    const offset = position + block;
    if (offset + size > fileSize) throw invalid(path, "it is truncated");
    position = offset + Math.ceil(size / block) * block;
    if (header.kind === "extension") {
      fields = { ...fields, ...readExtension(fd, header, offset, size, path) };
      continue;
    }
    const member = memberOf(header, offset, size, fields);
    fields = {};
    if (members.size >= mostMembers) throw invalid(path, `it has more than ${mostMembers} members`);
    members.set(member.name, member);
  }
  if (members.size === 0) throw invalid(path, "it is empty");
  return members;
}

function readExactly(fd: number, into: Buffer, position: number, path: string): void {
  for (let done = 0; done < into.length; ) {
    const count = readSync(fd, into, done, into.length - done, position + done);
    if (count === 0) throw invalid(path, "it is truncated");
    done += count;
  }
}

function readExtension(fd: number, header: TarHeader, offset: number, size: number, path: string): PaxFields {
  if (size > largestExtensionBytes) throw invalid(path, "it has an extension header that is too long");
  const bytes = Buffer.alloc(size);
  readExactly(fd, bytes, offset, path);
  const text = bytes.toString("utf8");
  if (header.extension === "path") return { path: text.replace(/\0.*$/s, "") };
  if (header.extension === "linkpath") return { linkpath: text.replace(/\0.*$/s, "") };
  return header.extension === "pax" ? readPaxFields(text) : {};
}

function memberOf(header: TarHeader, offset: number, size: number, fields: PaxFields): TarMember {
  const kind = header.kind === "extension" ? "other" : header.kind;
  return { name: (fields.path ?? header.name).replace(/^(?:\.\/)+/, ""), offset, sizeBytes: kind === "file" ? size : 0, kind, target: fields.linkpath ?? header.target };
}

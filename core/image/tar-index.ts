/** Finds the members of an uncompressed tar file, so that they can be read in any order. Formats: ustar, GNU long names, pax. */
import { closeSync, openSync, readSync, fstatSync } from "node:fs";
import { CalaError } from "../base/error.ts";

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

const block = 512;
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
  let extension: Readonly<Record<string, string>> = {};
  const header = Buffer.alloc(block);
  for (let position = 0; position + block <= fileSize; ) {
    readExactly(fd, header, position, path);
    if (header.every((byte) => byte === 0)) break;
    if (!hasValidChecksum(header)) throw invalid(path, `there is no tar header at byte ${position}`);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = Number(extension["size"] ?? readNumber(header, 124, 12));
    if (!Number.isSafeInteger(size) || size < 0) throw invalid(path, `a member at byte ${position} has an impossible size`);
    const offset = position + block;
    if (offset + size > fileSize) throw invalid(path, "it is truncated");
    position = offset + Math.ceil(size / block) * block;
    if ("LKxg".includes(type)) {
      extension = { ...extension, ...readExtension(fd, type, offset, size, path) };
      continue;
    }
    const member = memberOf(header, type, offset, size, extension);
    extension = {};
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

function text(header: Buffer, from: number, length: number): string {
  const bytes = header.subarray(from, from + length);
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? length : end).toString("utf8");
}

/** Octal, or base 256 when the first bit is set (GNU). */
function readNumber(header: Buffer, from: number, length: number): number {
  if (((header[from] ?? 0) & 0x80) !== 0) return Number(BigInt(`0x${header.subarray(from + 1, from + length).toString("hex")}`));
  const digits = text(header, from, length).trim();
  return digits === "" ? 0 : /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : NaN;
}

function hasValidChecksum(header: Buffer): boolean {
  let sum = 0;
  for (let index = 0; index < block; index += 1) sum += index >= 148 && index < 156 ? 32 : header[index] ?? 0;
  return sum === readNumber(header, 148, 8);
}

function readExtension(fd: number, type: string, offset: number, size: number, path: string): Record<string, string> {
  if (size > largestExtensionBytes) throw invalid(path, "it has an extension header that is too long");
  const bytes = Buffer.alloc(size);
  readExactly(fd, bytes, offset, path);
  if (type === "g") return {};
  if (type === "L") return { path: bytes.toString("utf8").replace(/\0.*$/s, "") };
  if (type === "K") return { linkpath: bytes.toString("utf8").replace(/\0.*$/s, "") };
  return readPax(bytes);
}

function readPax(bytes: Buffer): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let position = 0; position < bytes.length; ) {
    const space = bytes.indexOf(32, position);
    const length = Number(bytes.subarray(position, space < 0 ? position : space).toString("latin1"));
    if (!Number.isInteger(length) || length < 5 || position + length > bytes.length) break;
    const [key = "", ...value] = bytes.subarray(space + 1, position + length - 1).toString("utf8").split("=");
    fields[key] = value.join("=");
    position += length;
  }
  return fields;
}

function memberOf(header: Buffer, type: string, offset: number, size: number, extension: Readonly<Record<string, string>>): TarMember {
  const prefix = text(header, 257, 5) === "ustar" ? text(header, 345, 155) : "";
  const plain = text(header, 0, 100);
  const name = extension["path"] ?? (prefix === "" ? plain : `${prefix}/${plain}`);
  const kind = type === "0" || type === "\0" || type === "7" ? "file" : type === "1" || type === "2" ? "link" : type === "5" ? "directory" : "other";
  return { name: name.replace(/^(?:\.\/)+/, ""), offset, sizeBytes: kind === "file" ? size : 0, kind, target: extension["linkpath"] ?? text(header, 157, 100) };
}

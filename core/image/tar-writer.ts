/** Writes the plain tar archives that `save` makes: regular files, directories and links with fixed owners and times. */
import { assert } from "../base/assert.ts";

const block = 512;

/** Who a member belongs to. */
export interface TarOwner {
  readonly uid: number;
  readonly gid: number;
}

const root: TarOwner = { uid: 0, gid: 0 };
/** What seven octal digits hold. */
const largestId = 0o7777777;

/** One header; `name` has at most 100 bytes, which holds for all names in image archives. Owners that do not fit become 0. */
export function tarHeader(name: string, sizeBytes: number, kind: "file" | "directory" | "symlink" = "file", target = "", mode = 0o644, owner: TarOwner = root): Buffer {
  assert(Buffer.byteLength(name) <= 100 && Buffer.byteLength(target) <= 100, `tar name "${name}" is too long`);
  const header = Buffer.alloc(block);
  header.write(name, 0);
  header.write(octal(kind === "directory" ? 0o755 : kind === "symlink" ? 0o777 : mode, 7), 100);
  header.write(octal(owner.uid > largestId ? 0 : owner.uid, 7), 108);
  header.write(octal(owner.gid > largestId ? 0 : owner.gid, 7), 116);
  writeSize(header, sizeBytes);
  header.write(octal(0, 11), 136);
  header.write("        ", 148);
  header.write(kind === "directory" ? "5" : kind === "symlink" ? "2" : "0", 156);
  header.write(target, 157);
  header.write("ustar\u000000", 257, "latin1");
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}

/** Sizes of 8 GiB and more do not fit eleven octal digits: base 256 then, which every current tar reads. */
function writeSize(header: Buffer, sizeBytes: number): void {
  if (sizeBytes < 8 ** 11) {
    header.write(octal(sizeBytes, 11), 124);
    return;
  }
  header.writeUInt8(0x80, 124);
  header.writeBigUInt64BE(BigInt(sizeBytes), 128);
}

/** Zeros that fill a member up to whole blocks. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((block - (sizeBytes % block)) % block);
}

/** The end of an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * block);

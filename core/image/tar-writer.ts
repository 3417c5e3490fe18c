/** Writes the plain tar archives that `save` makes: regular files, directories and links with fixed owners and times. */
import { present } from "../base/assert.ts";
import { encodeTarHeader, tarBlockBytes as block } from "./tar-format.ts";

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
  const fitting = (id: number): number => (id > largestId ? 0 : id);
  const header = encodeTarHeader({
    name, kind, target, sizeBytes, uid: fitting(owner.uid), gid: fitting(owner.gid), mode: kind === "directory" ? 0o755 : kind === "symlink" ? 0o777 : mode,
  });
  return present(header, `tar name "${name}" does not fit its header`);
}

/** Zeros that fill a member up to whole blocks. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((block - (sizeBytes % block)) % block);
}

/** The end of an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * block);

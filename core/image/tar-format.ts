/** The one address of the tar package: headers and pax records. Its unpacker is not used; see core/layer for layers. */
import { Header } from "tar/header";
import { Pax } from "tar/pax";

/** The size of a header, and what members are padded to. */
export const tarBlockBytes = 512;

/** What one header block says; extension headers (`extension`) describe the member after them. */
export interface TarHeader {
  readonly isEnd: boolean;
  readonly isValid: boolean;
  readonly kind: "file" | "link" | "directory" | "extension" | "other";
  readonly extension: "path" | "linkpath" | "pax" | "global" | undefined;
  readonly name: string;
  readonly target: string;
  /** NaN where the header says nothing sensible. */
  readonly sizeBytes: number;
}

const kinds: Readonly<Record<string, TarHeader["kind"]>> = { File: "file", OldFile: "file", ContiguousFile: "file", Link: "link", SymbolicLink: "link", Directory: "directory" };
const extensions: Readonly<Record<string, TarHeader["extension"]>> = {
  NextFileHasLongPath: "path", NextFileHasLongLinkpath: "linkpath", ExtendedHeader: "pax", OldExtendedHeader: "pax", GlobalExtendedHeader: "global",
};

/** Reads a header block. */
export function readTarHeader(block: Buffer): TarHeader {
  const header = new Header(block, 0);
  const extension = extensions[header.type];
  return {
    isEnd: header.nullBlock, isValid: header.cksumValid,
    kind: extension === undefined ? kinds[header.type] ?? "other" : "extension", extension,
    name: header.path ?? "", target: header.linkpath ?? "", sizeBytes: header.size ?? Number.NaN,
  };
}

/** What a pax record changes of the member after it. */
export interface PaxFields {
  readonly path?: string;
  readonly linkpath?: string;
  readonly size?: number;
}

/** Reads the payload of a pax header. */
export function readPaxFields(text: string): PaxFields {
  const { path, linkpath, size } = Pax.parse(text);
  return { ...(path === undefined ? {} : { path }), ...(linkpath === undefined ? {} : { linkpath }), ...(size === undefined ? {} : { size }) };
}

/** The fields of a header that is written. */
export interface TarHeaderFields {
  readonly name: string;
  readonly kind: "file" | "directory" | "symlink";
  readonly target: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
}

const typeNames = { file: "File", directory: "Directory", symlink: "SymbolicLink" } as const;

/** One ustar header with the time 0. @returns undefined where a field does not fit */
export function encodeTarHeader(fields: TarHeaderFields): Buffer | undefined {
  const block = Buffer.alloc(tarBlockBytes);
  const needsPax = new Header({
    path: fields.name, linkpath: fields.target, type: typeNames[fields.kind], mode: fields.mode, uid: fields.uid, gid: fields.gid, size: fields.sizeBytes, mtime: new Date(0),
  }).encode(block, 0);
  return needsPax ? undefined : block;
}

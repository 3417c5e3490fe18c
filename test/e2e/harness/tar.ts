/** Tar archives written entry by entry, sound ones and wicked ones: nothing is checked or normalised. */

/** One entry; `name` is written as given. */
export interface TarEntry {
  readonly name: string;
  readonly type?: "file" | "directory" | "symlink" | "hardlink" | "character" | "block" | "fifo";
  readonly content?: string | Uint8Array;
  /** Target of a link. */
  readonly target?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970. */
  readonly mtime?: number;
  readonly major?: number;
  readonly minor?: number;
  readonly xattrs?: Readonly<Record<string, string | Uint8Array>>;
}

const typeFlags = { file: "0", hardlink: "1", symlink: "2", character: "3", block: "4", directory: "5", fifo: "6" } as const;

/** The bytes of an archive with its two closing blocks. */
export function tarBytes(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(tarEntryBytes), Buffer.alloc(1024)]);
}

/** The blocks of one entry: extended header when needed, header, content. */
export function tarEntryBytes(entry: TarEntry): Buffer {
  const content = Buffer.from(entry.content ?? "");
  const records = extendedRecords(entry);
  const parts: Buffer[] = [];
  if (records.length > 0) parts.push(header({ name: "pax", mode: 0o644 }, "x", records.length), padded(records));
  parts.push(header(entry, typeFlags[entry.type ?? "file"], content.length), padded(content));
  return Buffer.concat(parts);
}

function extendedRecords(entry: TarEntry): Buffer {
  const records: Buffer[] = [];
  if (Buffer.byteLength(entry.name) > 100) records.push(record("path", entry.name));
  if (Buffer.byteLength(entry.target ?? "") > 100) records.push(record("linkpath", entry.target ?? ""));
  for (const id of ["uid", "gid"] as const) if ((entry[id] ?? 0) > 0o7777777) records.push(record(id, String(entry[id])));
  for (const [name, value] of Object.entries(entry.xattrs ?? {})) records.push(record(`SCHILY.xattr.${name}`, value));
  return Buffer.concat(records);
}

/** `LENGTH key=value\n`, where LENGTH counts itself (POSIX pax). */
function record(key: string, value: string | Uint8Array): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function header(entry: TarEntry, flag: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, offset: number, width: number): void => void block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, offset, "latin1");
  block.write(Buffer.from(entry.name).subarray(0, 100).toString("latin1"), 0, 100, "latin1");
  octal(entry.mode ?? (entry.type === "directory" ? 0o755 : 0o644), 100, 8);
  octal(Math.min(entry.uid ?? 0, 0o7777777), 108, 8);
  octal(Math.min(entry.gid ?? 0, 0o7777777), 116, 8);
  octal(size, 124, 12);
  octal(entry.mtime ?? 1_700_000_000, 136, 12);
  block.write(" ".repeat(8), 148, "latin1");
  block.write(flag, 156, "latin1");
  block.write(Buffer.from(entry.target ?? "").subarray(0, 100).toString("latin1"), 157, 100, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  octal(entry.major ?? 0, 329, 8);
  octal(entry.minor ?? 0, 337, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function padded(content: Buffer): Buffer {
  const rest = content.length % 512;
  return rest === 0 ? content : Buffer.concat([content, Buffer.alloc(512 - rest)]);
}

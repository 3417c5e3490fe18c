import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { randomBytes } from "../base/random.ts";
import { dirname } from "node:path";

/** How a file is written. */
export interface WriteOptions {
  /** Permission bits; 0600 unless given. */
  readonly mode?: number;
  /** Forces file and directory to disk, where a power cut would hurt. */
  readonly durable?: boolean;
}

/** Replaces a file as a whole: a reader, or a crash, sees the old bytes or the new ones. Makes missing parents. */
export function writeAtomic(path: string, bytes: string | Uint8Array, options: WriteOptions = {}): void {
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`;
  const fd = openMakingParents(temporary, options.mode ?? 0o600);
  try {
    writeAll(fd, typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    if (options.durable === true) fsyncSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  if (options.durable === true) syncDirectory(dirname(path));
}

/** The process that was writing a file of this name with `writeAtomic`; undefined for other names. What a killed one left is harmless. */
export function writerOf(name: string): number | undefined {
  const pid = /\.(\d+)\.[0-9a-f]{12}\.tmp$/.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Writes a JSON document with `writeAtomic`. */
export function writeJson(path: string, value: unknown, options: WriteOptions = {}): void {
  writeAtomic(path, `${JSON.stringify(value)}\n`, options);
}

/** Writes every byte: one write may store fewer than asked. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  let offset = 0;
  while (offset < bytes.length) offset += writeSync(fd, bytes, offset);
}

function openMakingParents(path: string, mode: number): number {
  try {
    return openSync(path, "wx", mode);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "wx", mode);
  }
}

/** Makes a rename or a new entry in a directory survive a power cut. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

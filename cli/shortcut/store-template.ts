/** Writes launch templates. One that cannot be kept only makes the next call slower. */
import { readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno } from "../../core/base/error.ts";
import { writeAtomic } from "../../core/fs/write-atomic.ts";
import { encodeTemplate, type TemplateRecord } from "./template.ts";

const templatesMaximum = 64;

/** One that belongs to a single container. */
export function storeTemplate(path: string, records: readonly TemplateRecord[]): void {
  quietly(() => writeAtomic(path, encodeTemplate(records)));
}

/** One that lies beside others, the oldest of which go when there are many. */
export function storeShared(path: string, records: readonly TemplateRecord[]): void {
  quietly(() => {
    writeAtomic(path, encodeTemplate(records));
    removeOldest(dirname(path));
  });
}

function quietly(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!isErrno(error, "ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "ENOENT", "EIO")) throw error;
  }
}

function removeOldest(dir: string): void {
  const names = readdirSync(dir);
  if (names.length <= templatesMaximum) return;
  const byAge = names.map((name) => [statSync(join(dir, name), { throwIfNoEntry: false })?.mtimeMs ?? 0, join(dir, name)] as const).sort(([left], [right]) => left - right);
  for (const [, path] of byAge.slice(0, names.length - templatesMaximum / 2)) rmSync(path, { force: true });
}

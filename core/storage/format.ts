/** The layout of the data directory, as a version. Major: an older cala must not touch it; minor: it may. */
import { CalaError } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { formatFile } from "../dirs/paths.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { writeAtomic } from "../fs/write-atomic.ts";

/** What this cala writes. */
export const storeFormat = "1.0.0";

/**
 * Marks a new data directory, and refuses one that a newer cala has changed.
 * @throws CalaError `store-newer`, `file-damaged`
 */
export function checkStoreFormat(dirs: Dirs): void {
  const text = readTextIfThere(formatFile(dirs))?.trim();
  if (text === storeFormat) return;
  if (text === undefined) {
    writeAtomic(formatFile(dirs), `${storeFormat}\n`);
    return;
  }
  const [found, ours] = [majorOf(text), majorOf(storeFormat)];
  if (found === undefined) throw new CalaError("file-damaged", `the file "${formatFile(dirs)}" is damaged: "${text.slice(0, 40)}" is not a version`);
  if (ours === undefined || found <= ours) return;
  throw new CalaError("store-newer", `the data in "${dirs.data}" has the format ${text}, which a newer cala made; this one knows ${storeFormat}`, { hint: "use the newer cala, or set CALA_ROOT to another directory" });
}

/** Semantic Versioning 2.0; a package would cost more than this line at every start. */
function majorOf(version: string): number | undefined {
  const match = /^(\d+)\.\d+\.\d+(?:[-+].*)?$/.exec(version);
  return match === null ? undefined : Number(match[1]);
}

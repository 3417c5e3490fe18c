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
export async function checkStoreFormat(dirs: Dirs): Promise<void> {
  const text = readTextIfThere(formatFile(dirs))?.trim();
  if (text === storeFormat) return;
  if (text === undefined) {
    writeAtomic(formatFile(dirs), `${storeFormat}\n`);
    return;
  }
  // Loaded for a store of another version only; every start would pay for it otherwise.
  const { default: semver } = await import("semver");
  if (semver.valid(text) === null) throw new CalaError("file-damaged", `the file "${formatFile(dirs)}" is damaged: "${text.slice(0, 40)}" is not a version`);
  if (semver.major(text) <= semver.major(storeFormat)) return;
  throw new CalaError("store-newer", `the data in "${dirs.data}" has the format ${text}, which a newer cala made; this one knows ${storeFormat}`, { hint: "use the newer cala, or set CALA_ROOT to another directory" });
}

import type { Dirs } from "../dirs/dirs.ts";
import { storeLockFile } from "../dirs/paths.ts";
import { settleLayers } from "../layer/unsynced.ts";
import { withLock, type LockMode } from "../lock/lock.ts";
import { checkStoreFormat } from "./format.ts";

/**
 * Runs `work` with the store locked: shared for whoever adds to it, exclusive for whoever removes layers. A store that a newer
 * cala made is not touched, and layers that a power cut may have damaged are looked at before anybody believes them.
 * @throws CalaError `store-newer`, `file-damaged`
 */
export async function withStore<T>(dirs: Dirs, mode: LockMode, work: () => Promise<T> | T): Promise<T> {
  return await withLock("store", storeLockFile(dirs), mode, async () => {
    await checkStoreFormat(dirs);
    await settleLayers({ dirs, env: process.env });
    return await work();
  });
}

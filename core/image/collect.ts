/** What a removal leaves for the collector: layers and documents that nothing refers to. */
import type { Engine } from "../engine.ts";
import { storeLockFile } from "../dirs/paths.ts";
import { withLock } from "../lock/lock.ts";
import { collectBlobs } from "./collect-blobs.ts";

/** Removes what no image and no container needs. Waits until nobody adds to the store. */
export async function collectImages(engine: Engine): Promise<void> {
  await withLock("store", storeLockFile(engine.dirs), "exclusive", () => collectBlobs(engine.dirs));
}

/** What a removal leaves for the collector: layers and documents that nothing refers to. */
import type { Dirs } from "../dirs/dirs.ts";
import type { Engine } from "../engine.ts";
import { withStore } from "../storage/with-store.ts";
import { detachUnusedLayers, emptyTrash } from "../storage/collect.ts";
import { collectBlobs } from "./collect-blobs.ts";
import { listImages } from "./image-store.ts";
import { layersOfContainers } from "./usage.ts";

/** Removes what no image and no container needs. Waits until nobody adds to the store. */
export async function collectImages(engine: Engine): Promise<void> {
  const collected = await withStore(engine.dirs, "exclusive", () => {
    collectBlobs(engine.dirs);
    return detachUnusedLayers(engine, usedLayers(engine.dirs));
  });
  await emptyTrash(engine, collected);
}

function usedLayers(dirs: Dirs): Set<string> {
  return new Set([...listImages(dirs).flatMap((image) => image.layers.map((layer) => layer.diffId)), ...layersOfContainers(dirs)]);
}

/** What a removal leaves for the collector: layers and documents that nothing refers to. */
import type { Dirs } from "../dirs/dirs.ts";
import type { Engine } from "../engine.ts";
import type { Digest } from "../oci/digest.ts";
import { detachUnusedLayers, emptyTrash } from "../storage/collect.ts";
import { layerRecords } from "../storage/layer-store.ts";
import { pinnedDigests } from "../storage/pins.ts";
import { withStore } from "../storage/with-store.ts";
import { collectBlobs } from "./collect-blobs.ts";
import { listImages } from "./image-store.ts";
import { layersOfContainers } from "./usage.ts";

/** What a collection took away. */
export interface Collected {
  readonly diffIds: readonly Digest[];
  /** Bytes of the layers' tars. */
  readonly freedBytes: number;
}

/**
 * Runs `work`, which takes names and records away, while nobody adds any, then removes what nothing needs any more: no image, container
 * or running command. With `only`, other layers stay.
 */
export async function collectAfter<T>(engine: Engine, work: () => Promise<T>, only?: readonly string[]): Promise<{ readonly result: T; readonly collected: Collected }> {
  const { dirs } = engine;
  const { result, layers, freedBytes } = await withStore(dirs, "exclusive", async () => {
    const done = await work();
    const pinned = pinnedDigests(dirs);
    collectBlobs(dirs, pinned);
    const sizes = new Map(layerRecords(dirs).map((record) => [record.diffId, record.sizeBytes]));
    const detached = detachUnusedLayers(engine, new Set([...usedLayers(dirs), ...pinned, ...[...sizes.keys()].filter((diffId) => only?.includes(diffId) === false)]));
    return { result: done, layers: detached, freedBytes: detached.diffIds.reduce((sum, diffId) => sum + (sizes.get(diffId) ?? 0), 0) };
  });
  await emptyTrash(engine, layers);
  return { result, collected: { diffIds: layers.diffIds, freedBytes } };
}

function usedLayers(dirs: Dirs): string[] {
  return [...listImages(dirs).flatMap((image) => image.layers.map((layer) => layer.diffId)), ...layersOfContainers(dirs)];
}

/** Garbage collection of layers: what no image and no container refers to, and what killed processes left half made. */
import { removeTrees } from "../idmap/remove-trees.ts";
import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { layerHome } from "../layer/record.ts";
import { moveToTrash, sweepStaging } from "../layer/staging.ts";
import type { Digest } from "../oci/digest.ts";
import { storedLayers } from "./layer-store.ts";

/** What a collection took out of the store, to be removed once the store lock is given back: that can take a while. */
export interface CollectedLayers {
  readonly diffIds: readonly Digest[];
  readonly trash: readonly string[];
}

/**
 * Takes every layer out of the store that is not among `used`. The caller holds the store lock exclusively, and gathered `used`
 * from images and containers while holding it.
 */
export function detachUnusedLayers(site: NamespaceSite, used: ReadonlySet<string>): CollectedLayers {
  const diffIds = storedLayers(site.dirs).filter((diffId) => !used.has(diffId));
  const trash = diffIds.flatMap((diffId) => moveToTrash(site.dirs, layerHome(site.dirs, diffId)) ?? []);
  return { diffIds, trash };
}

/** Removes collected layers for good, together with what killed processes left in the staging directory. No lock is needed. */
export async function emptyTrash(site: NamespaceSite, collected: CollectedLayers): Promise<void> {
  await removeTrees(site, collected.trash);
  await sweepStaging(site);
}

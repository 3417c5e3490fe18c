import type { ImageEngine } from "./engine.ts";
import { filterImages, isDangling } from "./filter.ts";
import { isReadOnly, listNamedImages } from "./image-store.ts";
import { imagesOfLists } from "./manifest-list.ts";
import { imagesMountedAnywhere } from "./mount.ts";
import { removeImage } from "./remove.ts";
import { childrenAmong } from "./resolve.ts";
import { imageUsers } from "./usage.ts";

/** Which images may go. */
export interface PruneRequest {
  /** Images with names too, unless a container uses them. */
  readonly all: boolean;
  readonly filters: readonly string[];
}

/** Removes images that nothing uses: no container, no manifest list, no mount. @returns the names and ids of what went */
export async function pruneImages(engine: ImageEngine, request: PruneRequest): Promise<string[]> {
  const removed: string[] = [];
  for (;;) {
    const users = imageUsers(engine.dirs);
    const kept = new Set([...imagesMountedAnywhere(engine.dirs), ...imagesOfLists(engine.dirs)]);
    const here = listNamedImages(engine.dirs);
    const records = here.map((entry) => entry.image);
    const entries = await filterImages(engine, here, request.filters);
    const unused = entries.filter((entry) => !isReadOnly(engine.dirs, entry.image.id) && !users.has(entry.image.id) && !kept.has(entry.image.id) && (request.all || (isDangling(entry) && childrenAmong(records, entry.image).length === 0)));
    if (unused.length === 0) return removed;
    for (const { image } of unused) {
      // The id names the image whatever names it has, and force takes them all.
      const report = await removeImage(engine, image.id, { force: true, noPrune: true });
      removed.push(...report.deleted);
    }
  }
}

import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { treeSizes } from "../idmap/tree-sizes.ts";
import { readImage } from "../image/image-store.ts";
import { chainTrees, snapshotsNamed, snapshotTree } from "../storage/chain.ts";
import type { ContainerView } from "./view.ts";

/** Bytes that each container wrote, whoever owns them, and the bytes of its image, by id. @throws CalaError `tree-not-read` */
export async function containerSizes(engine: Engine, views: readonly ContainerView[]): Promise<Map<string, { readonly rw: number; readonly rootFs: number }>> {
  const written = await sumsOfTrees(engine, views.map(({ record: { id } }) => [...ownTrees(engine, id), ...chainTrees(engine.dirs, containerDir(engine.dirs, id))]));
  return new Map(views.map(({ record }, index) => {
    const rw = written[index] ?? 0;
    return [record.id, { rw, rootFs: readImage(engine.dirs, record.imageId)?.sizeBytes ?? 0 }];
  }));
}

/** What each container takes on the disk, snapshots that it has gone back from included; what several share counts for the first of them. @throws CalaError `tree-not-read` */
export async function occupiedBytes(engine: Engine, ids: readonly string[]): Promise<number[]> {
  const counted = new Set<string>();
  return await sumsOfTrees(engine, ids.map((id) => {
    const fresh = [...new Set(snapshotsNamed(containerDir(engine.dirs, id)))].filter((snapshot) => !counted.has(snapshot));
    for (const snapshot of fresh) counted.add(snapshot);
    return [...ownTrees(engine, id), ...fresh.map((snapshot) => snapshotTree(engine.dirs, snapshot))];
  }));
}

/** Where a container's changes are, or its copy of the image: only one of the two places has files that are seen from here. */
function ownTrees(engine: Engine, id: string): string[] {
  const dir = containerDir(engine.dirs, id);
  return [containerFiles.upper(dir), containerFiles.rootfs(dir)];
}

/** The bytes of each group of trees; a tree of several groups is measured once. */
async function sumsOfTrees(engine: Engine, groups: readonly (readonly string[])[]): Promise<number[]> {
  const paths = [...new Set(groups.flat())];
  const sizes = await treeSizes(engine, paths);
  const byPath = new Map(paths.map((path, index) => [path, sizes[index] ?? 0]));
  return groups.map((group) => group.reduce((sum, path) => sum + (byPath.get(path) ?? 0), 0));
}

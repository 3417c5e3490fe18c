/**
 * Images mounted for their user, read-only, at `mounts/ID`: only in a namespace where this user is root (`cala unshare`). An image is in
 * use for as long as a process lives in any namespace that has the mount.
 */
import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { isErrno } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { imageMountDir, imageMountsDir } from "../dirs/paths.ts";
import { namesIn } from "../fs/list-names.ts";
import type { Engine } from "../engine.ts";
import { settleLayers } from "../layer/unsynced.ts";
import { mountedAnywhere, mountPoints, runMounting } from "../storage/mount-points.ts";
import { imageTrees } from "../storage/prepare.ts";
import { withStore } from "../storage/with-store.ts";
import { imageEvent } from "./events.ts";
import type { ImageRecord } from "./image-record.ts";
import { readImage, tagsOf } from "./image-store.ts";
import { repoTags } from "./list.ts";
import { requireImage } from "./resolve.ts";
import { ownLayers } from "./own-layers.ts";

/** A mounted image. */
export interface MountedImage {
  readonly id: string;
  /** Full names with tags. */
  readonly names: readonly string[];
  readonly path: string;
}

/** Mounts an image, unless it is mounted here. @throws CalaError `image-unknown`, `image-not-mounted` */
export async function mountImage(engine: Engine, name: string): Promise<MountedImage> {
  await settleLayers(engine);
  await ownLayers(engine, (await requireImage(engine, name)).image);
  // Shared: nobody removes the image between the look and the mount.
  return await withStore(engine.dirs, "shared", async () => {
    const { image } = await requireImage(engine, name);
    const path = imageMountDir(engine.dirs, image.id);
    if (mountPoints().has(path)) return mounted(engine.dirs, image, path);
    mkdirSync(path, { recursive: true, mode: 0o755 });
    const trees = imageTrees(engine, image.layers.map(({ diffId }) => diffId));
    runMounting(["mount-root", path, "layers", ...(trees.length === 0 ? [path] : trees)], "image-not-mounted", `cannot mount image "${name}"`);
    imageEvent(engine, "mount", image.id, name);
    return mounted(engine.dirs, image, path);
  });
}

function mounted(dirs: Dirs, image: ImageRecord, path: string): MountedImage {
  return { id: image.id, names: repoTags(tagsOf(dirs, image.id)), path };
}

/** Takes the mount of an image away. @returns the image's id, undefined when there was no mount @throws CalaError `image-unknown`, `image-not-unmounted` */
export async function unmountImage(engine: Engine, name: string): Promise<string | undefined> {
  const { image } = await requireImage(engine, name);
  const path = imageMountDir(engine.dirs, image.id);
  if (!mountPoints().has(path)) return undefined;
  runMounting(["unmount-root", path], "image-not-unmounted", `cannot unmount image "${name}"`);
  imageEvent(engine, "unmount", image.id, name);
  sweepMountPoint(path);
  return image.id;
}

/** The kernel would take a mount away with its directory, in every namespace. */
function sweepMountPoint(path: string): void {
  if (mountedAnywhere([path]).size > 0) return;
  try {
    rmdirSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "EBUSY", "ENOTEMPTY")) throw error;
  }
}

/** The images that are mounted in this namespace. */
export function mountedImages(dirs: Dirs): MountedImage[] {
  const points = mountPoints();
  return namesIn(imageMountsDir(dirs)).flatMap((id) => {
    const path = imageMountDir(dirs, id);
    const image = points.has(path) ? readImage(dirs, id) : undefined;
    return image === undefined ? [] : [mounted(dirs, image, path)];
  });
}

/** Ids of the images that are mounted in whichever namespace; places of mounts that are gone are removed. */
export function imagesMountedAnywhere(dirs: Dirs): Set<string> {
  if (!existsSync(imageMountsDir(dirs))) return new Set();
  const ids = namesIn(imageMountsDir(dirs));
  const found = mountedAnywhere(ids.map((id) => imageMountDir(dirs, id)));
  return new Set(ids.filter((id) => found.has(imageMountDir(dirs, id))));
}

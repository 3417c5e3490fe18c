import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { treeSizes } from "../idmap/tree-sizes.ts";
import { readImage } from "../image/image-store.ts";
import type { ContainerView } from "./view.ts";

/** Bytes that each container wrote, whoever owns them, and the bytes of its image, by id. @throws CalaError `tree-not-read` */
export async function containerSizes(engine: Engine, views: readonly ContainerView[]): Promise<Map<string, { readonly rw: number; readonly rootFs: number }>> {
  const written = await writtenBytes(engine, views.map(({ record }) => record.id));
  return new Map(views.map(({ record }, index) => {
    const rw = written[index] ?? 0;
    return [record.id, { rw, rootFs: readImage(engine.dirs, record.imageId)?.sizeBytes ?? 0 }];
  }));
}

/** What each container wrote, or its copy of the image: only one of the two places has files that are seen from here. */
export async function writtenBytes(engine: Engine, ids: readonly string[]): Promise<number[]> {
  const places = [containerFiles.upper, containerFiles.rootfs];
  const sizes = await treeSizes(engine, ids.flatMap((id) => places.map((place) => place(containerDir(engine.dirs, id)))));
  return ids.map((_id, index) => (sizes[2 * index] ?? 0) + (sizes[2 * index + 1] ?? 0));
}

import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../base/error.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { readImage } from "../image/image-store.ts";
import type { ContainerView } from "./view.ts";

/** Bytes that each container wrote (files this user may not look into count nothing) and the bytes of its image, by id. */
export async function containerSizes(engine: Engine, views: readonly ContainerView[]): Promise<Map<string, { readonly rw: number; readonly rootFs: number }>> {
  return new Map(views.map(({ record }) => {
    const rw = bytesBelow(containerFiles.upper(containerDir(engine.dirs, record.id)));
    return [record.id, { rw, rootFs: readImage(engine.dirs, record.imageId)?.sizeBytes ?? 0 }];
  }));
}

function bytesBelow(dir: string): number {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES")) return 0;
    throw error;
  }
  return names.reduce((sum, name) => {
    const path = join(dir, name);
    const stat = lstatSync(path);
    return sum + (stat.isDirectory() ? bytesBelow(path) : stat.isFile() ? stat.size : 0);
  }, 0);
}

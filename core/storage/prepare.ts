import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { containerFiles } from "../dirs/paths.ts";
import { CalaError } from "../base/error.ts";
import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { hasLayer, layerFiles, layerHome } from "../layer/record.ts";
import { parseDigest } from "../oci/digest.ts";
import { findDriver } from "./choose-driver.ts";
import type { PreparedStorage, StackRequest } from "./drivers/driver.ts";

/** What storage needs of a container's record. */
export interface StackedContainer {
  readonly storageDriver: string;
  /** Diff ids, lowest first. */
  readonly image: { readonly layers: readonly string[] };
  readonly request?: { readonly remove: boolean; readonly restart: { readonly name: string } };
}

/** The directories of a container's stack. @throws CalaError `layer-unknown` */
export function stackOf(site: NamespaceSite, container: StackedContainer, dir: string): StackRequest {
  const layers = container.image.layers.map(parseDigest);
  const missing = layers.find((diffId) => !hasLayer(site.dirs, diffId));
  if (missing !== undefined) throw new CalaError("layer-unknown", `layer "${missing}" of the container's image is not in the store`, { hint: "pull the image again" });
  const lowers = layers.map((diffId) => layerFiles.diff(layerHome(site.dirs, diffId)));
  return {
    lowers: lowers.length > 0 ? lowers : [emptyLayer(dir)], upper: containerFiles.upper(dir), work: containerFiles.work(dir), rootfs: containerFiles.rootfs(dir),
    passing: container.request?.remove === true && container.request.restart.name === "no",
  };
}

/** An overlay needs one layer at least; an image made FROM scratch may have none. */
function emptyLayer(dir: string): string {
  const path = join(dir, "empty");
  mkdirSync(path, { recursive: true, mode: 0o755 });
  return path;
}

/** Makes what a container's root needs and says how it is mounted. @throws CalaError `layer-unknown`, `tree-not-copied` */
export async function prepareStorage(site: NamespaceSite, container: StackedContainer, dir: string): Promise<PreparedStorage> {
  return await findDriver(container.storageDriver).prepare(site, stackOf(site, container, dir));
}

/** Where the container's own changes are; undefined with vfs, which does not keep them apart. */
export function changesOf(site: NamespaceSite, container: StackedContainer, dir: string): string | undefined {
  return findDriver(container.storageDriver).changes(stackOf(site, container, dir));
}

import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { containerFiles } from "../dirs/paths.ts";
import { present } from "../base/assert.ts";
import { CalaError } from "../base/error.ts";
import type { IdRanges } from "../idmap/map.ts";
import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import type { MovedTrees } from "../layer/diff.ts";
import { hasLayer, layerFiles, layerHome } from "../layer/record.ts";
import { settleLayers } from "../layer/unsynced.ts";
import { parseDigest } from "../oci/digest.ts";
import { chainTrees } from "./chain.ts";
import { findDriver, layersView } from "./choose-driver.ts";
import type { PreparedStorage, StackRequest } from "./drivers/driver.ts";

/** What storage needs of a container's record. */
export interface StackedContainer {
  readonly storageDriver: string;
  /** Diff ids, lowest first. */
  readonly image: { readonly layers: readonly string[] };
  /** Owners of its files that differ from those of the layers. */
  readonly movedIds?: IdRanges | undefined;
  readonly request?: { readonly rootfs?: { readonly path: string; readonly overlay: boolean }; readonly remove: boolean; readonly restart: { readonly name: string } };
}

/** The directories of a container's stack. @throws CalaError `layer-unknown` */
export function stackOf(site: NamespaceSite, container: StackedContainer, dir: string): StackRequest {
  const given = container.request?.rootfs;
  const lowers = [...(given === undefined ? imageTrees(site, container.image.layers).reverse() : [given.path]), ...chainTrees(site.dirs, dir)];
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
  await settleLayers(site);
  const driver = findDriver(container.storageDriver);
  const stack = stackOf(site, container, dir);
  const { movedIds: owners } = container;
  if (owners === undefined) return await driver.prepare(site, stack);
  if (driver.changesOwners) return await driver.prepare(site, { ...stack, owners });
  const at = makeViewDirectory(dir, stack);
  // Snapshots have the container's owners already.
  const snapshots = chainTrees(site.dirs, dir);
  const layers = stack.lowers.slice(0, stack.lowers.length - snapshots.length);
  const prepared = await driver.prepare(site, { ...stack, lowers: [at, ...snapshots] });
  return { ...prepared, helpers: [present(layersView(), "the driver was chosen with one").show(site, layers, owners, at), ...prepared.helpers] };
}

/** The mode of the container's root is the one of its topmost layer. */
function makeViewDirectory(dir: string, stack: StackRequest): string {
  const at = containerFiles.layersView(dir);
  mkdirSync(at, { recursive: true });
  chmodSync(at, statSync(present(stack.lowers.at(-1), "a stack without layers")).mode & 0o7777);
  return at;
}

/** The trees of a container, topmost first in each list. */
export interface ContainerTrees {
  /** Together they are the container's files. */
  readonly own: readonly string[];
  /** The ids to which the first ones belong, where those are not as in the image. */
  readonly ids?: MovedTrees;
  /** Together they are its image's files. */
  readonly image: readonly string[];
}

/** Where the files of a container and of its image are. @throws CalaError `layer-unknown` */
export function treesOf(site: NamespaceSite, container: StackedContainer, dir: string): ContainerTrees {
  const driver = findDriver(container.storageDriver);
  // A driver that shows other owners keeps the image's on the disk.
  const ids = driver.view === undefined ? container.movedIds : undefined;
  const own = driver.trees(stackOf(site, container, dir)), image = imageTrees(site, container.image.layers);
  return { own, image, ...(ids === undefined ? {} : { ids: { ...ids, trees: Math.max(1, own.length - image.length - (container.request?.rootfs?.overlay === true ? 1 : 0)) } }) };
}

/** The trees of an image's layers (diff ids, lowest first), topmost first. @throws CalaError `layer-unknown` */
export function imageTrees(site: NamespaceSite, layers: readonly string[]): string[] {
  return layers.map((text) => {
    const diffId = parseDigest(text);
    if (!hasLayer(site.dirs, diffId)) throw new CalaError("layer-unknown", `layer "${diffId}" of the image is not in the store`, { hint: "pull the image again" });
    return layerFiles.diff(layerHome(site.dirs, diffId));
  }).reverse();
}

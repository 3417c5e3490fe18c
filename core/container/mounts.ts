import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import { overlayDirectories } from "../spec/mount-options.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { findImage } from "../image/resolve.ts";
import { plannedMounts, type ImageLayers, type MountSources } from "../spec/mounts.ts";
import type { MountRequest } from "../spec/request.ts";
import { imageTrees } from "../storage/prepare.ts";
import { expandGlobs, prepareBindSources } from "../spec/sources.ts";
import { locateVolume, resolveVolume, type ResolvedVolume } from "../volume/resolve.ts";
import { readVolume } from "../volume/record.ts";
import type { ContainerRecord, ImageMountUse, VolumeUse } from "./record.ts";
import type { ImageMountLaunch, VolumeFill } from "../plan/launch-details.ts";

/** The mounts of a container with everything they name found on the host. */
export interface PreparedMounts {
  readonly planned: readonly MountRequest[];
  readonly sources: MountSources;
  readonly fills: readonly VolumeFill[];
  /** Directories of the container's that go when it has ended. */
  readonly passing: readonly string[];
  /** Directories made for mounts, which must belong to the container's root. */
  readonly owned: readonly string[];
  readonly imageMounts: readonly ImageMountLaunch[];
  readonly subpaths: readonly { readonly destination: string; readonly subpath: string }[];
}

/** Makes the volumes that a new container needs. @throws CalaError */
export function takeVolumes(engine: Engine, mounts: readonly MountRequest[]): VolumeUse[] {
  return mounts.flatMap((mount): VolumeUse[] => {
    if (mount.kind !== "volume") return [];
    const { record } = resolveVolume(engine.dirs, { name: mount.name, copyUp: mount.copyUp });
    return [{ name: record.name, target: mount.target, anonymous: mount.name === undefined, options: mount.options }];
  });
}

/** Finds the images that a new container mounts. @throws CalaError `image-unknown`, `store-unreadable` */
export async function findImageMounts(engine: Engine, mounts: readonly MountRequest[]): Promise<ImageMountUse[]> {
  const uses: ImageMountUse[] = [];
  for (const mount of mounts) if (mount.kind === "image") uses.push(await imageMountUse(engine, mount.source));
  return uses;
}

async function imageMountUse(engine: Engine, source: string): Promise<ImageMountUse> {
  const found = await findImage(engine, source);
  if (found === undefined) throw new CalaError("image-unknown", `there is no image "${source}" here to be mounted`, { hint: `cala pull ${source}` });
  if (engine.dirs.imageStores !== undefined) await (await import("../image/own-layers.ts")).ownLayers(engine, found.image);
  return { source, imageId: found.image.id, layers: found.image.layers.map(({ diffId }) => diffId) };
}

/** Finds the sources of all mounts; a named volume that was removed meanwhile is made anew, empty. @throws CalaError */
export async function prepareMounts(engine: Engine, record: ContainerRecord): Promise<PreparedMounts> {
  const planned: MountRequest[] = [];
  const sources: Record<string, string | ImageLayers> = {};
  const fills: VolumeFill[] = [];
  const imageMounts: ImageMountLaunch[] = [];
  for (const mount of plannedMounts(expandGlobs(record.request.mounts), record.image.defaults, record.request.imageVolumes)) {
    if (mount.kind === "image") {
      const layers = imageTrees(engine, (record.imageMounts?.find(({ source }) => source === mount.source) ?? await imageMountUse(engine, mount.source)).layers).reverse();
      sources[mount.target] = layers;
      imageMounts.push(imageMountOf(engine, record, mount, layers, imageMounts.length));
    }
    const volume = mount.kind === "volume" ? volumeOf(engine, record, mount) : undefined;
    if (volume?.path !== undefined) sources[mount.target] = volume.path;
    if (volume?.path !== undefined && volume.needsCopyUp) fills.push({ source: volume.path, destination: mount.target });
    planned.push(volume?.tmpfs === undefined ? mount : { kind: "tmpfs", target: mount.target, options: volume.tmpfs });
  }
  prepareBindSources(planned);
  const overlays = containerFiles.overlays(containerDir(engine.dirs, record.id));
  if (existsSync(overlays)) await removeTrees(engine, [overlays]);
  const owned: string[] = imageMounts.flatMap(({ writable }) => (writable === undefined ? [] : [writable.upper, writable.work]));
  const passing: string[] = [];
  const placed = planned.map((mount, index) => placeOverlay(mount, join(overlays, String(index)), passing));
  const subpaths = planned.flatMap((mount) => ("subpath" in mount && mount.subpath !== undefined ? [{ destination: mount.target, subpath: mount.subpath }] : []));
  return { planned: placed, sources, fills, passing: passing.length > 0 ? [overlays] : [], owned: [...owned, ...passing], imageMounts, subpaths };
}

/** The directories of an overlay that the user did not name. */
function placeOverlay(mount: MountRequest, dir: string, owned: string[]): MountRequest {
  if ((mount.kind !== "bind" && mount.kind !== "volume") || !mount.options.includes("O")) return mount;
  if (overlayDirectories(mount.options)?.upper !== undefined) return mount;
  const [upper, work] = [join(dir, "upper"), join(dir, "work")];
  for (const path of [upper, work]) mkdirSync(path, { recursive: true });
  const source = mount.kind === "bind" ? statSync(mount.source) : undefined;
  if (source !== undefined && !source.isDirectory()) throw new CalaError("mount-option-invalid", `the mount option "O" needs a directory, and "${mount.kind === "bind" ? mount.source : ""}" is none`);
  // The upper directory shows its mode at the mount.
  if (source !== undefined) chmodSync(upper, source.mode & 0o7777);
  owned.push(work, ...(source === undefined ? [upper] : []));
  return { ...mount, options: [...mount.options, `upperdir=${upper}`, `workdir=${work}`] };
}

function volumeOf(engine: Engine, record: ContainerRecord, mount: Extract<MountRequest, { kind: "volume" }>): ResolvedVolume {
  const name = record.volumes.find((volume) => volume.target === mount.target)?.name ?? mount.name;
  const known = name === undefined ? undefined : readVolume(engine.dirs, name);
  return known === undefined ? resolveVolume(engine.dirs, { name, copyUp: mount.copyUp }) : locateVolume(engine.dirs, known, mount.copyUp);
}

/** Its directories go with the container. */
function imageMountOf(engine: Engine, record: ContainerRecord, mount: Extract<MountRequest, { kind: "image" }>, lowers: ImageLayers, index: number): ImageMountLaunch {
  const base = join(containerDir(engine.dirs, record.id), "images", String(index));
  const [place, upper, work] = ["place", "upper", "work"].map((name) => join(base, name)) as [string, string, string];
  const writes = mount.options.includes("rw");
  for (const directory of writes ? [place, upper, work] : [place]) mkdirSync(directory, { recursive: true });
  return { destination: mount.target, lowers, place, ...(writes ? { writable: { upper, work } } : {}) };
}

import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import { layerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { findImage } from "../image/resolve.ts";
import { plannedMounts, type MountSources } from "../spec/mounts.ts";
import type { MountRequest } from "../spec/request.ts";
import { expandGlobs, prepareBindSources } from "../spec/sources.ts";
import { locateVolume, resolveVolume, type ResolvedVolume } from "../volume/resolve.ts";
import { readVolume } from "../volume/record.ts";
import type { ContainerRecord, VolumeUse } from "./record.ts";
import type { VolumeFill } from "../plan/launch-details.ts";

/** The mounts of a container with everything they name found on the host. */
export interface PreparedMounts {
  readonly planned: readonly MountRequest[];
  readonly sources: MountSources;
  readonly fills: readonly VolumeFill[];
}

/** Makes the volumes that a new container needs. @throws CalaError */
export function takeVolumes(engine: Engine, mounts: readonly MountRequest[]): VolumeUse[] {
  return mounts.flatMap((mount): VolumeUse[] => {
    if (mount.kind !== "volume") return [];
    const { record } = resolveVolume(engine.dirs, { name: mount.name, copyUp: mount.copyUp });
    return [{ name: record.name, target: mount.target, anonymous: mount.name === undefined, options: mount.options }];
  });
}

/** Finds the sources of all mounts; a named volume that was removed meanwhile is made anew, empty. @throws CalaError */
export async function prepareMounts(engine: Engine, record: ContainerRecord): Promise<PreparedMounts> {
  const planned: MountRequest[] = [];
  const sources: Record<string, string> = {};
  const fills: VolumeFill[] = [];
  for (const mount of plannedMounts(expandGlobs(record.request.mounts), record.image.defaults)) {
    if (mount.kind === "image") sources[mount.target] = await imageTree(engine, mount.source);
    const volume = mount.kind === "volume" ? volumeOf(engine, record, mount) : undefined;
    if (volume?.path !== undefined) sources[mount.target] = volume.path;
    if (volume?.path !== undefined && volume.needsCopyUp) fills.push({ source: volume.path, destination: mount.target });
    planned.push(volume?.tmpfs === undefined ? mount : { kind: "tmpfs", target: mount.target, options: volume.tmpfs });
  }
  prepareBindSources(planned);
  return { planned, sources, fills };
}

function volumeOf(engine: Engine, record: ContainerRecord, mount: Extract<MountRequest, { kind: "volume" }>): ResolvedVolume {
  const name = record.volumes.find((volume) => volume.target === mount.target)?.name ?? mount.name;
  const known = name === undefined ? undefined : readVolume(engine.dirs, name);
  return known === undefined ? resolveVolume(engine.dirs, { name, copyUp: mount.copyUp }) : locateVolume(engine.dirs, known, mount.copyUp);
}

async function imageTree(engine: Engine, name: string): Promise<string> {
  const found = await findImage(engine, name);
  if (found === undefined) throw new CalaError("image-unknown", `there is no image "${name}" here to be mounted`, { hint: `cala pull ${name}` });
  const [layer, another] = found.image.layers;
  if (layer === undefined || another !== undefined) throw new CalaError("image-mount-unsupported", `the image "${name}" has ${found.image.layers.length} layers; only images of one layer can be mounted yet`);
  return join(layerDir(engine.dirs, layer.diffId.replace(/^sha256:/, "")), "diff");
}

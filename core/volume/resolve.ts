/** From a volume in a mount request to something that can be mounted. */
import type { Dirs } from "../dirs/dirs.ts";
import { createVolume, isBind } from "./create.ts";
import { volumeDataDir, type VolumeRecord } from "./record.ts";

/** What a container mounts for a volume. */
export interface ResolvedVolume {
  readonly record: VolumeRecord;
  /** The directory to bind; absent for a tmpfs. */
  readonly path?: string;
  /** Present for a tmpfs: its options. */
  readonly tmpfs?: readonly string[];
  /** While it is empty, the native program fills it with the image's content at a start; it looks itself, under a lock. */
  readonly needsCopyUp: boolean;
}

/** The volume of this name, made when missing; without a name a new anonymous one. @throws CalaError */
export function resolveVolume(dirs: Dirs, request: { readonly name?: string | undefined; readonly copyUp: boolean }): ResolvedVolume {
  const named = request.name === undefined ? { anonymous: true } : { name: request.name, ignoreExisting: true };
  return locateVolume(dirs, createVolume(dirs, named), request.copyUp);
}

/** Where a volume's content is. */
export function locateVolume(dirs: Dirs, record: VolumeRecord, copyUp: boolean): ResolvedVolume {
  const { options } = record;
  if (isBind(options)) return { record, path: options["device"] ?? "", needsCopyUp: false };
  if (options["type"] === "tmpfs") return { record, tmpfs: (options["o"] ?? "").split(",").filter((word) => word !== ""), needsCopyUp: false };
  const path = volumeDataDir(dirs, record.name);
  const noCopy = (options["o"] ?? "").split(",").includes("nocopy");
  return { record, path, needsCopyUp: copyUp && !noCopy };
}

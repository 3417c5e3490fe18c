/** What is known of a volume: `volumes/NAME/record.json`, its content is `volumes/NAME/data`. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { volumeDir, volumesDir } from "../dirs/paths.ts";
import { readJsonIfThere } from "../fs/read-json.ts";

/** What was decided when a volume was made. */
export interface VolumeRecord {
  readonly version: 1;
  readonly name: string;
  readonly driver: "local";
  /** RFC 3339. */
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The driver's options as given: `type`, `device`, `o`. */
  readonly options: Readonly<Record<string, string>>;
  /** Made for one container, removed with it. */
  readonly anonymous: boolean;
}

/** Its presence makes the directory a volume. */
export const volumeRecordFile = (dirs: Dirs, name: string): string => join(volumeDir(dirs, name), "record.json");
/** The content, unless the options lead elsewhere. */
export const volumeDataDir = (dirs: Dirs, name: string): string => join(volumeDir(dirs, name), "data");

/** Refuses names that podman refuses, and longer ones than a file can have. @throws CalaError `volume-name-invalid` */
export function checkVolumeName(name: string): void {
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name) || name.length > 255) {
    throw new CalaError("volume-name-invalid", `invalid volume name "${name}": names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*`);
  }
}

/** One volume's record, or undefined. */
export function readVolume(dirs: Dirs, name: string): VolumeRecord | undefined {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name) ? readJsonIfThere<VolumeRecord>(volumeRecordFile(dirs, name)) : undefined;
}

/** Every volume, by name. Reads without a lock. */
export function listVolumes(dirs: Dirs): VolumeRecord[] {
  if (!existsSync(volumesDir(dirs))) return [];
  return readdirSync(volumesDir(dirs)).sort().flatMap((name) => readVolume(dirs, name) ?? []);
}

/** A volume by its name, or by the beginning of one where that is unique. @throws CalaError `volume-unknown`, `volume-ambiguous` */
export function findVolume(dirs: Dirs, name: string): VolumeRecord {
  const exact = readVolume(dirs, name);
  if (exact !== undefined) return exact;
  const found = name === "" ? [] : listVolumes(dirs).filter((volume) => volume.name.startsWith(name));
  if (found.length > 1) throw new CalaError("volume-ambiguous", `more than one volume begins with "${name}"`);
  const [only] = found;
  if (only === undefined) throw unknownVolume(name);
  return only;
}

/** There is no such volume. */
export function unknownVolume(name: string): CalaError {
  return new CalaError("volume-unknown", `no volume with name "${name}" found: no such volume`, { hint: "cala volume ls" });
}

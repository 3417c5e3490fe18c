/** Volumes' end. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import { newId } from "../base/id.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { stagingDir, volumeDir } from "../dirs/paths.ts";
import { withLock } from "../lock/lock.ts";
import { findVolume, listVolumes, readVolume, volumeLockFile, type VolumeRecord } from "./record.ts";

export interface VolumeRemoval {
  /** Ids of the containers that use a volume. */
  readonly usersOf: (name: string) => readonly string[];
  /** Removes a tree whose files belong to subordinate ids. */
  readonly removeTree: (path: string) => Promise<void>;
}

/** @returns the full name @throws CalaError `volume-in-use`, `volume-unknown` */
export async function removeVolume(dirs: Dirs, name: string, removal: VolumeRemoval): Promise<string> {
  const record = findVolume(dirs, name);
  const removed = await withLock("volume", volumeLockFile(dirs, record.name), "exclusive", () => {
    const users = removal.usersOf(record.name);
    if (users.length > 0) {
      throw new CalaError("volume-in-use", `volume "${record.name}" is being used by the following container(s): ${users.join(", ")}: volume is being used`, { hint: `cala rm ${users.map((id) => id.slice(0, 12)).join(" ")}` });
    }
    return moveAway(dirs, record.name);
  });
  await removal.removeTree(removed);
  return record.name;
}

/** Out of sight at once; what is left after a crash lies in the staging directory, which is cleaned. */
function moveAway(dirs: Dirs, name: string): string {
  mkdirSync(stagingDir(dirs), { recursive: true, mode: 0o700 });
  const away = join(stagingDir(dirs), `volume-${newId().slice(0, 16)}`);
  renameSync(volumeDir(dirs, name), away);
  return away;
}

/**
 * Removes the volumes that no container uses; anonymous ones only unless `all`. @returns their names
 * @throws CalaError
 */
export async function pruneVolumes(dirs: Dirs, removal: VolumeRemoval, all: boolean, matches: (volume: VolumeRecord) => boolean = () => true): Promise<string[]> {
  const removed: string[] = [];
  for (const volume of listVolumes(dirs)) {
    if ((!all && !volume.anonymous) || !matches(volume) || removal.usersOf(volume.name).length > 0) continue;
    if (existsSync(volumeDir(dirs, volume.name)) && readVolume(dirs, volume.name) !== undefined) removed.push(await removeVolume(dirs, volume.name, removal));
  }
  return removed;
}

/** Volumes' end. */
import { renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { CalaError, isErrno } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { volumeDir } from "../dirs/paths.ts";
import { emitEvent } from "../event/emit.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { stagingPath } from "../layer/staging.ts";
import { findVolume, listVolumes, unknownVolume, type VolumeRecord } from "./record.ts";

/** Ids of the containers that use a volume; asked anew each time. */
export type UsersOf = (name: string) => readonly string[];

/** podman's exit code for a volume that a container uses. */
const inUseExitCode = 2;

/**
 * Removes a volume with its content. One rename decides between two that remove it at once, and a container that took it
 * meanwhile keeps it.
 * @returns the full name
 * @throws CalaError `volume-in-use`, `volume-unknown`, `tree-not-removed`
 */
export async function removeVolume(site: NamespaceSite, name: string, usersOf: UsersOf): Promise<string> {
  const { dirs } = site;
  const record = findVolume(dirs, name);
  refuseIfUsed(record, usersOf);
  const away = moveAway(dirs, record.name);
  try {
    refuseIfUsed(record, usersOf);
  } catch (error) {
    renameSync(away, volumeDir(dirs, record.name));
    throw error;
  }
  await removeContent(site, away);
  emitEvent(site, { type: "volume", status: "remove", name: record.name });
  return record.name;
}

function refuseIfUsed(record: VolumeRecord, usersOf: UsersOf): void {
  const users = usersOf(record.name);
  if (users.length === 0) return;
  throw new CalaError("volume-in-use", `volume "${record.name}" is being used by the following container(s): ${users.join(", ")}: volume is being used`, {
    hint: `cala volume rm --force ${record.name}   # removes the containers, too`, exitCode: inUseExitCode,
  });
}

/** Out of sight at once; what is left after a crash lies in the staging directory, which is cleaned. */
function moveAway(dirs: Dirs, name: string): string {
  const away = stagingPath(dirs, "volume");
  try {
    renameSync(volumeDir(dirs, name), away);
    return away;
  } catch (error) {
    if (isErrno(error, "ENOENT")) throw unknownVolume(name);
    throw error;
  }
}

/** Files of mapped ids can be removed inside the user namespace only, which takes two processes: tried last. */
async function removeContent(site: NamespaceSite, path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!isErrno(error, "EACCES", "EPERM", "ENOTEMPTY")) throw error;
    await removeTrees(site, [path]);
  }
}

/** Removes the volumes that no container uses and that match. @returns their names @throws CalaError */
export async function pruneVolumes(site: NamespaceSite, usersOf: UsersOf, matches: (volume: VolumeRecord) => boolean = () => true): Promise<string[]> {
  const removed: string[] = [];
  for (const volume of listVolumes(site.dirs)) {
    if (!matches(volume) || usersOf(volume.name).length > 0) continue;
    try {
      removed.push(await removeVolume(site, volume.name, usersOf));
    } catch (error) {
      // Taken or removed by somebody else meanwhile.
      if (!(error instanceof CalaError && (error.code === "volume-in-use" || error.code === "volume-unknown"))) throw error;
    }
  }
  return removed;
}

import type { Dirs } from "../dirs/dirs.ts";
import type { ContainerRecord } from "./record.ts";
import { listRecords } from "./store.ts";
import { isAlive, viewOf } from "./view.ts";

/** The containers that use a volume, whether they run or not; reads every record at each call. */
export function volumeUsers(dirs: Dirs, name: string): ContainerRecord[] {
  return listRecords(dirs).filter((record) => record.volumes.some((volume) => volume.name === name));
}

/** Names of all volumes that containers use. */
export function usedVolumes(dirs: Dirs): Set<string> {
  return new Set(listRecords(dirs).flatMap((record) => record.volumes.map((volume) => volume.name)));
}

/** How many running containers use each volume. */
export function mountCounts(dirs: Dirs): Map<string, number> {
  const counts = new Map<string, number>();
  for (const record of listRecords(dirs)) {
    if (record.volumes.length === 0 || !isAlive(viewOf(dirs, record))) continue;
    for (const name of new Set(record.volumes.map((volume) => volume.name))) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

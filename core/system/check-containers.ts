/** Containers, their names and volumes. What killed commands left half made is not damage: `sweep` removes it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import { isBeingMade, idOfName, listContainerIds, readRecordIfThere, releaseName } from "../container/store.ts";
import type { ContainerRecord } from "../container/record.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { containerDir, containerFiles, containerNamesDir, containersDir, volumeDir, volumesDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { namesIn } from "../fs/list-names.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import { hasLayer } from "../layer/record.ts";
import { parseDigest } from "../oci/digest.ts";
import { readChain, snapshotTree } from "../storage/chain.ts";
import { readVolume } from "../volume/record.ts";
import type { Damage } from "./damage.ts";

const isContainerId = (name: string): boolean => /^[0-9a-f]{64}$/.test(name);

/** Containers whose record or layers are damaged. */
export function damagedContainers(dirs: Dirs): { readonly damages: readonly Damage[]; readonly sound: readonly ContainerRecord[] } {
  const damages: Damage[] = [];
  const sound: ContainerRecord[] = [];
  for (const id of listContainerIds(dirs)) {
    if (!isContainerId(id)) {
      damages.push({ kind: "foreign", object: containerDir(dirs, id), reason: "cala did not put it there" });
      continue;
    }
    try {
      const record = readRecordIfThere(dirs, id);
      if (record === undefined) continue;
      sound.push(record);
      damages.push(...damageOf(dirs, record));
    } catch (error) {
      damages.push({ kind: "container", object: id, reason: messageOf(error) });
    }
  }
  return { damages, sound };
}

function damageOf(dirs: Dirs, record: ContainerRecord): Damage[] {
  const missing = record.image.layers.map(parseDigest).filter((diffId) => !hasLayer(dirs, diffId));
  const chain = readChain(dirs, containerDir(dirs, record.id));
  const lost = [...new Set([...chain.chain, ...chain.tags.flatMap((tag) => tag.chain)])].filter((id) => !existsSync(snapshotTree(dirs, id)));
  // With --rm the monitor takes the name before the directory.
  const named = record.name === "" || record.request.remove || idOfName(dirs, record.name) === record.id;
  // Removed between the two looks?
  if ((missing.length > 0 || lost.length > 0 || !named) && !existsSync(containerFiles.record(containerDir(dirs, record.id)))) return [];
  return [
    ...missing.map((diffId): Damage => ({ kind: "layer", object: diffId, reason: `container "${record.name}" needs it, and it is missing` })),
    ...lost.map((id): Damage => ({ kind: "container", object: record.id, reason: `its snapshot ${shortId(id)} is missing` })),
    ...(named ? [] : [{ kind: "container" as const, object: record.id, reason: `its name "${record.name}" does not lead to it` }]),
  ];
}

/** Directories of volumes that have no readable record. */
export function damagedVolumes(dirs: Dirs): Damage[] {
  return namesIn(volumesDir(dirs)).flatMap((name): Damage[] => {
    try {
      return readVolume(dirs, name) !== undefined || !existsSync(volumeDir(dirs, name)) ? [] : [{ kind: "volume", object: name, reason: "it has no record" }];
    } catch (error) {
      return [{ kind: "volume", object: name, reason: messageOf(error) }];
    }
  });
}

/** Removes what commands that were killed left of containers: directories without a record, names that lead nowhere. @returns how much */
export async function sweepContainers(engine: Engine): Promise<number> {
  const { dirs } = engine;
  const isAbandoned = (id: string): boolean => !existsSync(containerFiles.record(containerDir(dirs, id))) && !isBeingMade(containerDir(dirs, id));
  // A directory without a lock yet may have been made this very moment: creating holds the store lock, which the caller waits for.
  const abandoned = namesIn(containersDir(dirs)).filter((id) => isContainerId(id) && isAbandoned(id));
  const dangling = namesIn(containerNamesDir(dirs)).filter((name) => {
    const id = idOfName(dirs, name);
    return id !== undefined && isAbandoned(id);
  });
  for (const name of dangling) releaseName(dirs, name);
  await removeTrees(engine, abandoned.map((id) => containerDir(dirs, id)));
  return abandoned.length + dangling.length;
}

/** For messages: a name where there is one. */
export function nameOf(record: ContainerRecord): string {
  return record.name === "" ? shortId(record.id) : record.name;
}

/** Files among the names that are no links. */
export function strangeNames(dirs: Dirs): Damage[] {
  return namesIn(containerNamesDir(dirs)).filter((name) => idOfName(dirs, name) === undefined && existsSync(join(containerNamesDir(dirs), name)))
    .map((name) => ({ kind: "foreign", object: join(containerNamesDir(dirs), name), reason: "cala did not put it there" }));
}

/** Names in a directory of the store that are not among the known ones. */
export function strangersIn(directory: string, known: readonly string[]): Damage[] {
  return namesIn(directory).filter((name) => !known.includes(name)).map((name) => ({ kind: "foreign", object: join(directory, name), reason: "cala did not put it there" }));
}

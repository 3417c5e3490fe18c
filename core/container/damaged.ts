/** Containers whose record cannot be read: nothing can be done with them but remove them. */
import { readdirSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { containerDir, containerFiles, containerNamesDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import { withLock } from "../lock/lock.ts";
import { connectControl } from "../monitor/control.ts";
import { killOrphan } from "../monitor/orphan.ts";
import { idOfName, isDamaged, listContainerIds, matchingIds, readRecordIfThere, releaseName } from "./store.ts";

/** Ids of the containers whose record is damaged. */
export function damagedContainers(dirs: Dirs): string[] {
  return listContainerIds(dirs).filter((id) => {
    try {
      readRecordIfThere(dirs, id);
      return false;
    } catch (error) {
      if (isDamaged(error)) return true;
      throw error;
    }
  });
}

/**
 * Removes the damaged container that a name or the beginning of an id means, running or not. Its anonymous volumes stay, as nobody
 * knows them any more.
 * @throws CalaError `container-unknown` when there is none, `container-ambiguous`
 */
export async function removeDamaged(engine: Engine, nameOrId: string): Promise<void> {
  const { dirs } = engine;
  const named = idOfName(dirs, nameOrId);
  const damaged = new Set(damagedContainers(dirs));
  const [id, another] = (named === undefined ? matchingIds(dirs, nameOrId) : [named]).filter((one) => damaged.has(one));
  if (id === undefined) throw new CalaError("container-unknown", `no damaged container with name or ID "${nameOrId}" found`);
  if (another !== undefined) throw new CalaError("container-ambiguous", `more than one damaged container has an ID that begins with "${nameOrId}"`, { hint: "give more digits of the ID" });
  const dir = containerDir(dirs, id);
  const connection = await connectControl(dir);
  if (connection !== undefined) {
    await connection.stop(0, 0);
    await connection.waitClosed();
    connection.close();
  }
  await withLock("container", containerFiles.lock(dir), "exclusive", async () => {
    killOrphan(dir);
    for (const name of namesOf(dirs, id)) releaseName(dirs, name);
    await removeTrees(engine, [dir]);
  });
}

function namesOf(dirs: Dirs, id: string): string[] {
  return readdirSync(containerNamesDir(dirs)).filter((name) => idOfName(dirs, name) === id);
}

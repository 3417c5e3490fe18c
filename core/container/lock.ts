import { isErrno } from "../base/error.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { withLock } from "../lock/lock.ts";
import { unknownContainer } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";
import { readRecordIfThere } from "./store.ts";

/**
 * Runs `work` while no other command starts, renames or removes the container; it is given the record as it is by then and the
 * lock's descriptor, which a client that this process becomes may inherit.
 * @throws CalaError `container-unknown` when the container has gone meanwhile
 */
export async function withContainerLock<T>(engine: Engine, record: ContainerRecord, work: (present: ContainerRecord, fd: number) => Promise<T> | T): Promise<T> {
  const gone = (): Error => unknownContainer(record.name);
  try {
    return await withLock("container", containerFiles.lock(containerDir(engine.dirs, record.id)), "exclusive", async (fd) => {
      const present = readRecordIfThere(engine.dirs, record.id);
      if (present === undefined) throw gone();
      return await work(present, fd);
    });
  } catch (error) {
    // The directory went before its lock was open, or under the hands of `work`.
    if (isErrno(error, "ENOENT") && readRecordIfThere(engine.dirs, record.id) === undefined) throw gone();
    throw error;
  }
}

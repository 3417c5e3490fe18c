import { CalaError } from "../base/error.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { withLock } from "../lock/lock.ts";
import { checkContainerName } from "../spec/validate.ts";
import type { ContainerRecord } from "./record.ts";
import { idOfName, readRecordIfThere, releaseName, reserveName } from "./store.ts";

/** The error for a name that another container has. */
export function nameInUse(engine: Engine, name: string): CalaError {
  const holder = idOfName(engine.dirs, name) ?? "";
  return new CalaError("name-in-use", `the container name "${name}" is already in use by ${holder}. You have to remove that container to be able to reuse that name: that name is already in use`, { hint: `cala rm ${name}` });
}

/** Gives a container another name. @throws CalaError `name-invalid`, `name-in-use` */
export async function renameContainer(engine: Engine, record: ContainerRecord, name: string): Promise<void> {
  checkContainerName(name);
  const dir = containerDir(engine.dirs, record.id);
  await withLock("container", containerFiles.lock(dir), "exclusive", () => {
    const present = readRecordIfThere(engine.dirs, record.id) ?? record;
    if (present.name === name) return;
    if (!reserveName(engine.dirs, name, record.id)) throw nameInUse(engine, name);
    writeJson(containerFiles.record(dir), { ...present, name });
    releaseName(engine.dirs, present.name);
  });
}

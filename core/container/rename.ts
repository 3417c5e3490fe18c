import { CalaError } from "../base/error.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { writeAtomic, writeJson } from "../fs/write-atomic.ts";
import { checkContainerName } from "../spec/validate.ts";
import { containerEvent, subjectText } from "./events.ts";
import type { ContainerRecord } from "./record.ts";
import { withContainerLock } from "./lock.ts";
import { idOfName, releaseName, reserveName } from "./store.ts";

/** The error for a name that another container has. */
export function nameInUse(engine: Engine, name: string): CalaError {
  const holder = idOfName(engine.dirs, name) ?? "";
  return new CalaError("name-in-use", `the container name "${name}" is already in use by ${holder}. You have to remove that container to be able to reuse that name: that name is already in use`, { hint: `cala rm ${name}` });
}

/** Gives a container another name. @throws CalaError `name-invalid`, `name-in-use` */
export async function renameContainer(engine: Engine, record: ContainerRecord, name: string): Promise<void> {
  checkContainerName(name);
  const dir = containerDir(engine.dirs, record.id);
  await withContainerLock(engine, record, (present) => {
    if (present.name === name) return;
    if (!reserveName(engine.dirs, name, record.id)) throw nameInUse(engine, name);
    try {
      const renamed = { ...present, name };
      writeAtomic(containerFiles.eventSubject(dir), subjectText(renamed));
      writeJson(containerFiles.record(dir), renamed);
    } catch (error) {
      releaseName(engine.dirs, name); // --rm was faster
      throw error;
    }
    releaseName(engine.dirs, present.name);
    containerEvent(engine, { ...present, name }, "rename");
  });
}

import { rmSync } from "node:fs";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { writeAtomic } from "../fs/write-atomic.ts";
import { wrongState } from "./errors.ts";
import { prepareLaunch } from "./launch.ts";
import { withContainerLock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";
import { isAlive, viewOf } from "./view.ts";

/** Makes everything that a start needs (volumes, files, the launch plan) and finds what is missing, without starting anything. @throws CalaError `container-state-improper`, and those of a start */
export async function initContainer(engine: Engine, record: ContainerRecord): Promise<void> {
  await withContainerLock(engine, record, async (present) => {
    const view = viewOf(engine.dirs, present);
    if (isAlive(view)) throw wrongState(view, "initialize", { hint: `cala stop ${record.name}` });
    if (view.status === "initialized") throw wrongState(view, "initialize", { hint: `cala start ${record.name}` });
    const dir = containerDir(engine.dirs, record.id);
    rmSync(containerFiles.startTemplate(dir), { force: true });
    await prepareLaunch(engine, present, "create");
    writeAtomic(containerFiles.initialized(dir), "");
  });
}

import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { checkpointState, hasCheckpoint } from "./checkpoint-facts.ts";
import { listContainers } from "./list.ts";
import type { ContainerRecord } from "./record.ts";

/** Containers that were saved and have not been brought back or started since. */
export function savedContainers(engine: Engine): ContainerRecord[] {
  return listContainers(engine, { all: true, filters: [] }).filter((view) => {
    const dir = containerDir(engine.dirs, view.record.id);
    return hasCheckpoint(dir) && checkpointState(dir, view, "")["Checkpointed"] === true;
  }).map(({ record }) => record);
}

import type { Engine } from "../engine.ts";
import { listContainers } from "./list.ts";
import { collectSnapshots } from "./collect-snapshots.ts";
import { removeContainer } from "./remove.ts";
import { isAlive } from "./view.ts";

/** Removes every container that does not run and matches, and the snapshots that one of --rm has left. @returns their ids */
export async function pruneContainers(engine: Engine, filters: readonly (readonly [key: string, value: string])[]): Promise<string[]> {
  const idle = listContainers(engine, { all: true, filters }).filter((view) => !isAlive(view));
  const removed: string[] = [];
  for (const { record } of idle) {
    await removeContainer(engine, record, { force: false, volumes: false });
    removed.push(record.id);
  }
  await collectSnapshots(engine);
  return removed;
}

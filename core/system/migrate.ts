/** `system migrate`: after a change of subordinate ids or of cala itself, everything starts afresh with the next container. */
import { rmSync } from "node:fs";
import { listRecords } from "../container/store.ts";
import { stopContainer } from "../container/stop.ts";
import { isAlive, viewOf } from "../container/view.ts";
import { registriesCacheFile, seccompCacheDir, storageProbeFile, toolVersionsFile } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { withStore } from "../storage/with-store.ts";

/**
 * Stops the running containers, since the user namespace that they share keeps the ids it was made with as long as one of them lives;
 * forgets what was found out of this host; brings the store's format up to date.
 * @returns the names of the containers that were stopped
 */
export async function migrate(engine: Engine): Promise<string[]> {
  const { dirs } = engine;
  const running = listRecords(dirs, () => undefined).filter((record) => isAlive(viewOf(dirs, record)));
  for (const record of running) await stopContainer(engine, record, {});
  for (const path of [registriesCacheFile(dirs), seccompCacheDir(dirs), storageProbeFile(dirs), toolVersionsFile(dirs)]) rmSync(path, { recursive: true, force: true });
  await withStore(dirs, "exclusive", () => undefined);
  return running.map(({ name }) => name);
}

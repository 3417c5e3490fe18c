import { readdirSync } from "node:fs";
import { isErrno } from "../base/error.ts";
import { containerDir, snapshotDir, snapshotsDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { discard } from "../layer/staging.ts";
import { snapshotsNamed } from "../storage/chain.ts";
import { withStore } from "../storage/with-store.ts";
import { listContainerIds } from "./store.ts";

/** Removes the snapshots that no container names any more. The caller holds no lock. @returns how many */
export async function collectSnapshots(engine: Engine): Promise<number> {
  const { dirs } = engine;
  // Exclusive: a fork in the making holds the store's lock until its own record names what it shares.
  return await withStore(dirs, "exclusive", async () => {
    const named = new Set(listContainerIds(dirs).flatMap((id) => snapshotsNamed(containerDir(dirs, id))));
    const unnamed = storedSnapshots(snapshotsDir(dirs)).filter((id) => !named.has(id));
    await discard(engine, unnamed.map((id) => snapshotDir(dirs, id)));
    return unnamed.length;
  });
}

function storedSnapshots(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

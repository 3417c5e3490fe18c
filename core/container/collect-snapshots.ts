import { containerDir, snapshotDir, snapshotsDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { namesIn } from "../fs/list-names.ts";
import { discard } from "../layer/staging.ts";
import { snapshotsNamed } from "../storage/chain.ts";
import { withStore } from "../storage/with-store.ts";
import { listContainerIds } from "./store.ts";

/** Removes the snapshots that no container names any more. The caller holds no lock. */
export async function collectSnapshots(engine: Engine): Promise<void> {
  if (namesIn(snapshotsDir(engine.dirs)).length === 0) return;
  await withStore(engine.dirs, "exclusive", async () => await discardSnapshots(engine));
}

/** The same for who holds the store's lock, exclusive: a fork in the making holds it until its own record names what it shares. */
export async function discardSnapshots(engine: Engine): Promise<void> {
  const { dirs } = engine;
  const named = new Set(listContainerIds(dirs).flatMap((id) => snapshotsNamed(containerDir(dirs, id))));
  const unnamed = namesIn(snapshotsDir(dirs)).filter((id) => !named.has(id));
  await discard(engine, unnamed.map((id) => snapshotDir(dirs, id)));
}

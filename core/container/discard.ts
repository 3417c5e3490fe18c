import { containerDir, volumeDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import { moveToTrash } from "../layer/staging.ts";
import { readLaunchFacts } from "./launch.ts";
import type { ContainerRecord } from "./record.ts";
import { releaseName } from "./store.ts";

/** Removes everything that belongs to a container that is not running; its anonymous volumes only when asked. */
export async function discardContainer(engine: Engine, record: ContainerRecord, volumes: "keep-volumes" | "with-volumes" = "with-volumes"): Promise<void> {
  const { dirs } = engine;
  for (const network of readLaunchFacts(containerDir(engine.dirs, record.id))?.networks ?? []) {
    const { releaseLease } = await import("../network/user/lease.ts");
    for (const { address } of network.addresses) releaseLease(engine.dirs, network.name, address, record.id);
  }
  const anonymous = volumes === "keep-volumes" ? [] : record.volumes.filter((volume) => volume.anonymous);
  // One rename takes the container away as a whole; after a kill its name leads nowhere, which is known for a leftover.
  const trash = [containerDir(dirs, record.id), ...anonymous.map((volume) => volumeDir(dirs, volume.name))].flatMap((dir) => moveToTrash(dirs, dir) ?? []);
  if (record.name !== "") releaseName(dirs, record.name);
  await removeTrees(engine, trash);
}

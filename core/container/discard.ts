import { containerDir, volumeDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import type { ContainerRecord } from "./record.ts";
import { releaseName } from "./store.ts";

/** Removes everything that belongs to a container that is not running; its anonymous volumes only when asked. */
export async function discardContainer(engine: Engine, record: ContainerRecord, volumes: "keep-volumes" | "with-volumes" = "with-volumes"): Promise<void> {
  if (record.name !== "") releaseName(engine.dirs, record.name);
  const anonymous = volumes === "keep-volumes" ? [] : record.volumes.filter((volume) => volume.anonymous);
  await removeTrees(engine, [...anonymous.map((volume) => volumeDir(engine.dirs, volume.name)), containerDir(engine.dirs, record.id)]);
}

import { rmSync } from "node:fs";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { killOrphan } from "../monitor/orphan.ts";
import { wrongState } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";
import { removeContainer } from "./remove.ts";
import { isAlive, viewOf } from "./view.ts";

/**
 * Ends what is left of a container that does not run any more: its monitor does that itself, unless it was killed.
 * @throws CalaError `container-state-improper` while it runs
 */
export async function cleanUpContainer(engine: Engine, record: ContainerRecord, request: { readonly remove: boolean; readonly removeImage: boolean }): Promise<void> {
  const view = viewOf(engine.dirs, record);
  if (isAlive(view)) throw wrongState(view, "clean up", { hint: `cala stop ${record.name}` });
  const dir = containerDir(engine.dirs, record.id);
  killOrphan(dir);
  rmSync(containerFiles.initialized(dir), { force: true });
  if (!request.remove && !request.removeImage) return;
  await removeContainer(engine, record, { force: false, volumes: false });
  if (request.removeImage) await removeImageOf(engine, record.imageName);
}

/** Removes the image of a container that is gone. @throws CalaError `image-in-use` where another one needs it */
export async function removeImageOf(engine: Engine, imageName: string): Promise<void> {
  const [{ removeImage }, { imageEngine }, { collectAfter }] = await Promise.all([import("../image/remove.ts"), import("../image/open.ts"), import("../image/collect.ts")]);
  await collectAfter(engine, async () => await removeImage(imageEngine(engine), imageName, { force: false, noPrune: false }));
}

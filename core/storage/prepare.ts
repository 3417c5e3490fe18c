import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { containerFiles, layerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import type { HelperLaunch, StorageLaunch } from "../plan/launch-details.ts";
/** temporary */
export async function prepareStorage(engine: Engine, record: { readonly image: { readonly layers: readonly string[] } }, dir: string): Promise<{ readonly launch: StorageLaunch; readonly helpers: readonly HelperLaunch[] }> {
  for (const path of [containerFiles.upper(dir), containerFiles.work(dir), containerFiles.rootfs(dir)]) mkdirSync(path, { recursive: true, mode: 0o755 });
  return { launch: { driver: "overlay", lowers: record.image.layers.map((diffId) => join(layerDir(engine.dirs, diffId.replace(/^sha256:/, "")), "diff")), upper: containerFiles.upper(dir), work: containerFiles.work(dir), rootfs: containerFiles.rootfs(dir) }, helpers: [] };
}

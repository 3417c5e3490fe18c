/**
 * Layers that the disk may not have yet. Files of a fresh layer are not forced to disk one by one: that would take longer than all the
 * rest. Instead `unsynced/HEX.BOOT` says of a layer, from before it is in its place, that it was added in that boot. Once an image refers to
 * it a small process has the kernel write everything and takes the mark away. A mark of an earlier boot means that the machine went down
 * in between: such a layer is checked against its digest before it is believed, and thrown away if it is not what it was.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureDir, type Dirs } from "../dirs/dirs.ts";
import { unsyncedDir } from "../dirs/paths.ts";
import { nativeProgram } from "../dirs/program.ts";
import { namesIn } from "../fs/list-names.ts";
import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { currentBootId } from "../monitor/state.ts";
import { digestHex, isDigest, type Digest } from "../oci/digest.ts";

/** Whether a name in the directory of marks is a mark, and no file of somebody else's. */
export function isUnsyncedMark(name: string): boolean {
  return /^[0-9a-f]{64}\.[0-9a-f-]{36}$/.test(name);
}

/** Marks a layer that is about to be put into its place. Names are enough: journals write them in order, contents they may lose. */
export function noteUnsynced(dirs: Dirs, diffId: Digest): void {
  closeSync(openSync(join(ensureDir(unsyncedDir(dirs)), `${digestHex(diffId)}.${currentBootId()}`), "a", 0o600));
}

/** Has this boot's marked layers written to disk, by a process that outlives this one for as long as the disk takes. */
export function syncInBackground(dirs: Dirs): void {
  const suffix = `.${currentBootId()}`;
  if (!namesIn(unsyncedDir(dirs)).some((name) => name.endsWith(suffix))) return;
  const fd = openSync(unsyncedDir(dirs), "r");
  try {
    // It knows the place by the descriptor alone, and keeps no directory busy.
    const child = spawn(nativeProgram(), ["layer-sync", suffix], { stdio: ["ignore", "ignore", "ignore", fd], detached: true, env: {}, cwd: "/" });
    child.on("error", () => undefined);
    child.unref();
  } finally {
    closeSync(fd);
  }
}

/** Checks what an earlier boot left marked. @returns the layers that were thrown away. Costs one look at a directory where there is nothing to do. */
export async function settleLayers(site: NamespaceSite): Promise<Digest[]> {
  const names = namesIn(unsyncedDir(site.dirs));
  if (names.length === 0) return [];
  const suffix = `.${currentBootId()}`;
  const lost: Digest[] = [];
  for (const name of names.filter((each) => isUnsyncedMark(each) && !each.endsWith(suffix))) {
    const diffId = `sha256:${name.split(".")[0] ?? ""}`;
    const verdict = isDigest(diffId) ? await isWhole(site, diffId) : true;
    // What cannot be told now is asked again by the next command.
    if (verdict === undefined) continue;
    if (isDigest(diffId) && !verdict) lost.push(diffId);
    rmSync(join(unsyncedDir(site.dirs), name), { force: true });
  }
  return lost;
}

async function isWhole(site: NamespaceSite, diffId: Digest): Promise<boolean | undefined> {
  const [{ hasLayer, layerHome }, { verifyLayer }, { discard }] = await Promise.all([import("./record.ts"), import("./verify.ts"), import("./staging.ts")]);
  if (!hasLayer(site.dirs, diffId)) return true;
  try {
    if ((await verifyLayer(site, diffId, false)).length === 0) return true;
    await discard(site, [layerHome(site.dirs, diffId)]);
    return false;
  } catch {
    return undefined;
  }
}

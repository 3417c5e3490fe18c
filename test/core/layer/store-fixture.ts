/** A store of its own for a test file, and programs run in its namespace. */
import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { resolveDirs } from "../../../core/dirs/dirs.ts";
import { layersDir, stagingDir } from "../../../core/dirs/paths.ts";
import { setProgramDir } from "../../../core/dirs/program.ts";
import { removeTrees } from "../../../core/idmap/remove-trees.ts";
import { spawnInNamespace } from "../../../core/idmap/spawn-in-namespace.ts";
import { probeIds } from "../../../core/idmap/probe.ts";
import type { StorageSite } from "../../../core/storage/choose-driver.ts";

/** Whether an outer user namespace with many ids can be had: never for the host's root. */
export function canMapIds(): boolean {
  try {
    return probeIds().uids.length > 1;
  } catch {
    return false;
  }
}

export interface TestSite extends StorageSite {
  readonly root: string;
  readonly notices: string[];
}

export function openSite(): TestSite {
  setProgramDir(resolve("dist"));
  const root = mkdtempSync(join(tmpdir(), "cala-store-"));
  const notices: string[] = [];
  return { root, dirs: resolveDirs({}, root), env: process.env, storageDriver: undefined, notices, notice: (text) => { notices.push(text); } };
}

export async function closeSite(site: TestSite): Promise<void> {
  await removeTrees(site, [site.root]);
}

const names = (dir: string): string[] => {
  mkdirSync(dir, { recursive: true });
  return readdirSync(dir).sort();
};
export const stagingNames = (site: TestSite): string[] => names(stagingDir(site.dirs));
export const layerNames = (site: TestSite): string[] => names(layersDir(site.dirs));

/** Standard output of a shell script run as root of the namespace. */
export async function script(site: TestSite, text: string): Promise<string> {
  const { child, ended, words } = spawnInNamespace(site, ["/bin/sh", "-ec", text], "ignore");
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => { chunks.push(chunk); });
  const status = await ended;
  if (status !== 0) throw new Error(`script ended with ${status}: ${words()}`);
  return Buffer.concat(chunks).toString("utf8");
}

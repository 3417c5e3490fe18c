/** Trying out an overlay: a tiny one is mounted beside the layers and changed, for some file systems refuse one thing or another. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { removeTrees } from "../../idmap/remove-trees.ts";
import { spawnInNamespace, type NamespaceSite } from "../../idmap/spawn-in-namespace.ts";
import { makeStaging } from "../../layer/staging.ts";

/** @param program of fuse-overlayfs; absent: the kernel's own @returns what is in the way, undefined where it works */
export async function overlayObstacle(site: NamespaceSite, program?: string): Promise<string | undefined> {
  const staging = makeStaging(site.dirs, "probe");
  try {
    for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(staging, name));
    const { child, ended, words } = spawnInNamespace(site, ["cala-native", "probe-overlay", staging, ...(program === undefined ? [] : [program])], "ignore");
    child.stdout?.resume();
    if (await ended === 0) return undefined;
    return words().trim().split("\n").at(-1) || "the trial failed";
  } finally {
    await removeTrees(site, [staging]);
  }
}

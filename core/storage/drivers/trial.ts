/** Trying out an overlay: a tiny one is mounted beside the layers and changed, for some file systems refuse one thing or another. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { removeTrees } from "../../idmap/remove-trees.ts";
import { spawnInNamespace, type NamespaceSite } from "../../idmap/spawn-in-namespace.ts";
import { makeStaging } from "../../layer/staging.ts";

/** The exit code with which the applet says that an overlay cannot be had here. Everything else tells of the moment. */
const refusedCode = 1;

/** @param program of fuse-overlayfs; absent: the kernel's own @returns what is in the way, undefined where it works; `passing` where it may be otherwise in a moment */
export async function overlayObstacle(site: NamespaceSite, program?: string): Promise<{ readonly reason: string; readonly passing: boolean } | undefined> {
  const staging = makeStaging(site.dirs, "probe");
  try {
    for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(staging, name));
    const { child, ended, words } = spawnInNamespace(site, ["cala-native", "probe-overlay", staging, ...(program === undefined ? [] : [program])], "ignore");
    child.stdout?.resume();
    const code = await ended;
    if (code === 0) return undefined;
    return { reason: words().trim().split("\n").at(-1) || `the trial ended with ${code}`, passing: code !== refusedCode };
  } finally {
    await removeTrees(site, [staging]);
  }
}

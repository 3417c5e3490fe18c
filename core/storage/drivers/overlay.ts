import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { removeTrees } from "../../idmap/remove-trees.ts";
import { spawnInNamespace, type NamespaceSite } from "../../idmap/spawn-in-namespace.ts";
import { makeStaging } from "../../layer/staging.ts";
import { makeStackDirectories } from "./directories.ts";
import type { Availability, StorageDriver } from "./driver.ts";

/** The kernel's own overlay, mounted by the container's side in a user namespace (Linux 5.11, option `userxattr`). */
export const overlay: StorageDriver = {
  name: "overlay",
  cost: "",
  changesOwners: false,
  probe: tryMount,
  prepare: async (site, { passing, ...stack }) => {
    makeStackDirectories(stack);
    const prepared = { helpers: [], owned: [stack.upper, stack.work] };
    if (!passing) return { launch: { driver: "overlay", ...stack }, ...prepared };
    // After a volatile mount the kernel refuses another one while its mark is there, in a directory that only its root may enter.
    const marked = join(stack.work, "work");
    if (existsSync(marked)) await removeTrees(site, [marked]);
    // At the end of a mount the kernel writes everything of the host's file system to disk, unless the mount is volatile (Linux 5.10).
    return { launch: { driver: "overlay", ...stack, options: ["volatile"] }, ...prepared };
  },
  trees: (stack) => [stack.upper, ...[...stack.lowers].reverse()],
  keepsChangesApart: true,
  mountsAlone: true,
};

/** Mounts a tiny overlay beside the layers and removes a file in it: some file systems refuse one or the other. */
async function tryMount(site: NamespaceSite): Promise<Availability> {
  const staging = makeStaging(site.dirs, "probe");
  try {
    for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(staging, name));
    const { child, ended, words } = spawnInNamespace(site, ["cala-native", "probe-overlay", staging], "ignore");
    child.stdout?.resume();
    if (await ended === 0) return { usable: true };
    const reason = words().trim();
    return { usable: false, reason: `the kernel's overlay cannot be used here: ${reason === "" ? "the trial failed" : reason}`, fix: "use Linux 5.11 or newer and keep cala's data on a local file system (CALA_ROOT)" };
  } finally {
    await removeTrees(site, [staging]);
  }
}

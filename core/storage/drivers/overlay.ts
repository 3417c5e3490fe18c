import { existsSync } from "node:fs";
import { join } from "node:path";
import { removeTrees } from "../../idmap/remove-trees.ts";
import type { NamespaceSite } from "../../idmap/spawn-in-namespace.ts";
import { makeStackDirectories } from "./directories.ts";
import type { Availability, StorageDriver } from "./driver.ts";
import { overlayObstacle } from "./trial.ts";

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

async function tryMount(site: NamespaceSite): Promise<Availability> {
  const obstacle = await overlayObstacle(site);
  if (obstacle === undefined) return { usable: true };
  return { usable: false, reason: `the kernel's overlay cannot be used here: ${obstacle.reason}`, fix: "use Linux 5.11 or newer and keep cala's data on a local file system (CALA_ROOT)", passing: obstacle.passing };
}

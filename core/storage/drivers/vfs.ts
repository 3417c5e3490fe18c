import { existsSync, renameSync } from "node:fs";
import { errorOfWords, spawnInNamespace, type NamespaceSite } from "../../idmap/spawn-in-namespace.ts";
import { removeTrees } from "../../idmap/remove-trees.ts";
import { makeStaging } from "../../layer/staging.ts";
import type { StackRequest, StorageDriver } from "./driver.ts";

/** A full copy of the image for every container: works everywhere. Extents are shared where the file system can (reflinks). */
export const vfs: StorageDriver = {
  name: "vfs",
  cost: "every container holds a full copy of its image",
  probe: () => Promise.resolve({ usable: true }),
  prepare: async (site, stack) => {
    if (!existsSync(stack.rootfs)) await copyLayers(site, stack);
    return { launch: { driver: "tree", rootfs: stack.rootfs }, helpers: [] };
  },
  trees: (stack) => [stack.rootfs],
  keepsChangesApart: false,
};

/** The copy gets its name when it is complete, so that one cut short is never taken for a root. */
async function copyLayers(site: NamespaceSite, stack: StackRequest): Promise<void> {
  const staging = makeStaging(site.dirs, "vfs");
  try {
    for (const lower of stack.lowers) {
      const { child, ended, words } = spawnInNamespace(site, ["cala-native", "copy-tree", "--merge", lower, staging], "ignore");
      child.stdout?.resume();
      if (await ended !== 0) throw errorOfWords(words(), "tree-not-copied", "cannot copy the image for the container");
    }
    renameSync(staging, stack.rootfs);
  } finally {
    if (existsSync(staging)) await removeTrees(site, [staging]);
  }
}

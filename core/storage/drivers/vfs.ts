import { existsSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { errorOfWords, ownersToNote, spawnInNamespace, type NamespaceSite } from "../../idmap/spawn-in-namespace.ts";
import { mapLines, type IdRanges } from "../../idmap/map.ts";
import { removeTrees } from "../../idmap/remove-trees.ts";
import { makeStaging } from "../../layer/staging.ts";
import type { StackRequest, StorageDriver } from "./driver.ts";

/** A full copy of the image for every container: works everywhere. Extents are shared where the file system can (reflinks). */
export const vfs: StorageDriver = {
  name: "vfs",
  cost: "every container holds a full copy of its image",
  changesOwners: true,
  probe: () => Promise.resolve({ usable: true }),
  prepare: async (site, stack) => {
    if (!existsSync(stack.rootfs)) await copyLayers(site, stack);
    return { launch: { driver: "tree", rootfs: stack.rootfs }, helpers: [], owned: stack.owners === undefined ? [] : [stack.rootfs] };
  },
  trees: (stack) => [stack.rootfs],
  keepsChangesApart: false,
  mountsAlone: true,
};

/** The copy gets its name when it is complete, so that one cut short is never taken for a root. */
async function copyLayers(site: NamespaceSite, stack: StackRequest): Promise<void> {
  const staging = makeStaging(site.dirs, "vfs");
  const map = ownersToNote(site);
  const noted = map === undefined ? [] : ["--note", map];
  try {
    for (const lower of stack.lowers) {
      const { child, ended, words } = spawnInNamespace(site, ["cala-native", "copy-tree", ...noted, "--merge", lower, staging], "ignore");
      child.stdout?.resume();
      if (await ended !== 0) throw errorOfWords(words(), "tree-not-copied", "cannot copy the image for the container");
    }
    // The tree itself is given away at the start: a directory of somebody else's cannot be renamed to another place.
    if (stack.owners !== undefined) await changeOwners(site, readdirSync(staging).map((name) => join(staging, name)), stack.owners);
    renameSync(staging, stack.rootfs);
  } finally {
    if (existsSync(staging)) await removeTrees(site, [staging]);
  }
}

async function changeOwners(site: NamespaceSite, paths: readonly string[], owners: IdRanges): Promise<void> {
  if (paths.length === 0) return;
  const { child, ended, words } = spawnInNamespace(site, ["cala-native", "owner-tree", `${mapLines(owners.uids).join(";")}/${mapLines(owners.gids).join(";")}`, ...paths], "ignore");
  child.stdout?.resume();
  if (await ended !== 0) throw errorOfWords(words(), "owner-not-changed", "cannot give the image's files the container's owners");
}

import { errorOfWords, spawnInNamespace, type NamespaceSite } from "./spawn-in-namespace.ts";

/**
 * Removes files and directory trees whoever owns them. Names that are not there are no error; links are not followed and mounts
 * not entered. Paths are absolute.
 * @throws CalaError `tree-not-removed`, `tree-has-mount`
 */
export async function removeTrees(site: NamespaceSite, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  const { ended, words, child } = spawnInNamespace(site, ["cala-native", "remove-tree", ...paths], "ignore");
  child.stdout?.resume();
  if (await ended !== 0) throw errorOfWords(words(), "tree-not-removed", "cannot remove files");
}

/** How large trees are, whoever owns what is in them. */
import { errorOfWords, spawnInNamespace, type NamespaceSite } from "./spawn-in-namespace.ts";

/** Bytes in each of the trees; 0 where there is none. @throws CalaError `tree-not-read` */
export async function treeSizes(site: NamespaceSite, paths: readonly string[]): Promise<number[]> {
  if (paths.length === 0) return [];
  const { child, ended, words } = spawnInNamespace(site, ["cala-native", "tree-size", ...paths], "ignore");
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => { text += piece; });
  if (await ended !== 0) throw errorOfWords(words(), "tree-not-read", "cannot measure files");
  return text.trim().split("\n").map((line) => Number(line.split(" ")[0]));
}

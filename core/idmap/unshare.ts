/** Life inside the user's outer user namespace, where every id of the user's is in reach. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { CalaError } from "../base/error.ts";
import { ensureDir } from "../dirs/dirs.ts";
import { nativeProgram } from "../dirs/program.ts";
import { execve } from "../sys/execve.ts";
import { mapArgument } from "./map.ts";
import { namespaceObstacleNow } from "./namespaces.ts";
import { storeIds } from "./store-ids.ts";
import { errorOfWords, spawnInNamespace, type NamespaceSite } from "./spawn-in-namespace.ts";

/**
 * Becomes a program that is root of the outer namespace, with a mount namespace of its own; the exit code is the program's.
 * @throws CalaError `namespaces-refused`, SysError when the native program cannot be executed
 */
export function becomeUnshared(site: NamespaceSite, command: readonly string[], env: Readonly<Record<string, string | undefined>>): never {
  const obstacle = namespaceObstacleNow(site, spawnSync);
  if (obstacle !== undefined) throw new CalaError("namespaces-refused", `this host lets you make no user namespace: ${obstacle.reason}`, { hint: obstacle.fix });
  const program = nativeProgram();
  const words = ["cala-native", "userns-exec", ensureDir(site.dirs.runtime), ...mapArgument(storeIds(site)), "--", ...command];
  execve(program, words, env);
}

/**
 * Gives trees back to the caller, whatever ids of the user's they belong to. Links are not followed, other mounts not entered.
 * @throws CalaError `owner-not-changed`
 */
export async function giveBack(site: NamespaceSite, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) throw new CalaError("path-missing", "you must name what is to be given back", { hint: "cala unshare --give-back DIR" });
  const { child, ended, words } = spawnInNamespace(site, ["cala-native", "owner-tree", "0:0", ...paths.map((path) => resolve(path))], "ignore");
  child.stdout?.resume();
  if (await ended !== 0) throw errorOfWords(words(), "owner-not-changed", "cannot give the files back");
}

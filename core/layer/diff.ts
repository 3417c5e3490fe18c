/** What a stack of trees changes of another one: as a list, or as a layer's tar. The native program reads both; nothing is mounted. */
import type { Readable } from "node:stream";
import type { IdRange, IdRanges } from "../idmap/map.ts";
import { errorOfWords, spawnInNamespace, type NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { nativeStream } from "./native-stream.ts";

/** The map of the container to whose ids the first trees of a stack belong, and how many they are. */
export interface MovedTrees extends IdRanges {
  readonly trees: number;
}

/** Two stacks of trees, topmost first. Without a base everything is new. */
export interface TreeComparison {
  readonly above: readonly string[];
  readonly base: readonly string[];
  /** Told are the ids inside. */
  readonly ids?: MovedTrees | undefined;
  /** Names (without a slash in front) that are never told. */
  readonly leave?: readonly string[];
  /** Names that are not told when they are new and nothing is in them: places where something was mounted. */
  readonly leaveEmpty?: readonly string[];
}

/** Added, changed, deleted: docker's and podman's letters. */
export type ChangeKind = "A" | "C" | "D";

/** One path that differs, with a slash in front. */
export interface TreeChange {
  readonly kind: ChangeKind;
  readonly path: string;
}

/** The changes as a layer's tar: removals are `.wh.` entries, names sorted, times to the nanosecond. */
export function tarOfChanges(site: NamespaceSite, comparison: TreeComparison): Readable {
  return nativeStream(site, { argv: argvOf(comparison, ["--tar"]), what: "cannot read the container's files", errorCode: "tree-not-read" });
}

/** The changes as a list, sorted by path. @throws CalaError `tree-not-read` */
export async function listChanges(site: NamespaceSite, comparison: TreeComparison): Promise<TreeChange[]> {
  const { child, ended, words } = spawnInNamespace(site, argvOf(comparison, []), "ignore");
  const pieces: Buffer[] = [];
  child.stdout?.on("data", (piece: Buffer) => { pieces.push(piece); });
  if (await ended !== 0) throw errorOfWords(words(), "tree-not-read", "cannot compare the files");
  return Buffer.concat(pieces).toString("utf8").split("\0").filter((line) => line !== "").map((line) => ({ kind: line.slice(0, 1) as ChangeKind, path: line.slice(1) }));
}

function argvOf({ above, base, ids, leave = [], leaveEmpty = [] }: TreeComparison, options: readonly string[]): string[] {
  const backwards = (map: readonly IdRange[]): string => map.map(({ inside, outside, count }) => `${outside} ${inside} ${count}`).join(";");
  const owners = ids === undefined ? [] : ["--owners", `${backwards(ids.uids)}/${backwards(ids.gids)}`, "--owned", String(ids.trees)];
  const left = [...leave.flatMap((name) => ["--leave", name]), ...leaveEmpty.flatMap((name) => ["--leave-empty", name])];
  return ["cala-native", "tree-changes", ...options, ...owners, ...left, ...above, "--", ...base];
}

/** Directories in the making. Their names say which process makes them, so that what a killed one left can be told and swept. */
import { randomBytes } from "../base/random.ts";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { present } from "../base/assert.ts";
import { CalaError, isErrno } from "../base/error.ts";
import { namesIn } from "../fs/list-names.ts";
import { ensureDir, type Dirs } from "../dirs/dirs.ts";
import { stagingDir } from "../dirs/paths.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import type { NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { isProcessAlive, processStart } from "../monitor/state.ts";

const namePattern = /^[a-z]+-(\d+)-(\d+)-[0-9a-f]{12}(?:\..+)?$/;

/** A path in the staging directory that belongs to this process; nothing is made. */
export function stagingPath(dirs: Dirs, kind: string): string {
  const start = present(processStart(process.pid), "this process has a start time");
  return join(ensureDir(stagingDir(dirs)), `${kind}-${process.pid}-${start}-${randomBytes(6).toString("hex")}`);
}

/** Makes a new staging directory. */
export function makeStaging(dirs: Dirs, kind: string): string {
  const path = stagingPath(dirs, kind);
  mkdirSync(path, { mode: 0o700 });
  return path;
}

/** Takes a directory out of its place at once; undefined when it was not there. A reader never sees half of it. */
export function moveToTrash(dirs: Dirs, path: string): string | undefined {
  const trash = stagingPath(dirs, "trash");
  try {
    renameSync(path, trash);
    return trash;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Takes directories out of their places, then removes them. */
export async function discard(site: NamespaceSite, paths: readonly string[]): Promise<void> {
  await removeTrees(site, paths.flatMap((path) => moveToTrash(site.dirs, path) ?? []));
}

/** Whether the process that a name in the staging directory tells of is still there; undefined when it tells of none. */
export function isMakerAlive(name: string): boolean | undefined {
  const match = namePattern.exec(name);
  return match === null ? undefined : isProcessAlive(Number(match[1]), Number(match[2]));
}

/** What lies in the staging directory although its maker is gone. */
export function abandonedStaging(dirs: Dirs): string[] {
  const dir = stagingDir(dirs);
  return namesIn(dir).filter((name) => isMakerAlive(name) === false).map((name) => join(dir, name));
}

/**
 * Removes what killed processes left. A helper of theirs may be at it for a moment longer than they lived, and somebody else may sweep
 * at the same time: what cannot be removed now goes with the next sweep.
 */
export async function sweepStaging(site: NamespaceSite): Promise<void> {
  try {
    await removeTrees(site, abandonedStaging(site.dirs));
  } catch (error) {
    if (!(error instanceof CalaError && error.code === "tree-not-removed")) throw error;
  }
}

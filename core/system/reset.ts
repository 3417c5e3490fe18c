/** `system reset`: everything that cala keeps for this user goes, and nothing else. */
import { existsSync, realpathSync, rmSync, rmdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { CalaError, isErrno } from "../base/error.ts";
import { damagedContainers, removeDamaged } from "../container/damaged.ts";
import { removeContainer } from "../container/remove.ts";
import { listRecords } from "../container/store.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { formatFile, knownEntries } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { namesIn } from "../fs/list-names.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import { imageIds } from "../image/image-store.ts";
import { withStore } from "../storage/with-store.ts";
import { listVolumes } from "../volume/record.ts";

/** What would go. */
export interface ResetPlan {
  /** Absolute; those that are there. */
  readonly paths: readonly string[];
  /** What lies in cala's directories and is not cala's: it stays. */
  readonly foreign: readonly string[];
  readonly containers: number;
  readonly images: number;
  readonly volumes: number;
}

const kinds = ["data", "state", "cache", "runtime"] as const;

/** Looks what a reset would remove; changes nothing. @throws CalaError `reset-refused` */
export function planReset(dirs: Dirs): ResetPlan {
  if (namesIn(dirs.data).length > 0) refuseUnlessOurs(dirs);
  const entries = kinds.flatMap((kind) => namesIn(dirs[kind]).map((name) => ({ path: join(dirs[kind], name), isOurs: (knownEntries[kind] as readonly string[]).includes(name) })));
  return {
    paths: entries.filter(({ isOurs }) => isOurs).map(({ path }) => path),
    foreign: entries.filter(({ isOurs, path }) => !isOurs && !kinds.some((kind) => dirs[kind] === path)).map(({ path }) => path),
    containers: listRecords(dirs, () => undefined).length + damagedContainers(dirs).length, images: imageIds(dirs).length, volumes: listVolumes(dirs).length,
  };
}

function refuseUnlessOurs(dirs: Dirs): void {
  const refused = (path: string, reason: string): CalaError => new CalaError("reset-refused", `"${path}" is not reset: ${reason}`, { hint: "remove by hand what you do not need there" });
  if (!existsSync(formatFile(dirs))) throw refused(dirs.data, `it has no file "format", by which cala knows its own store`);
  for (const kind of kinds) {
    if (!existsSync(dirs[kind])) continue;
    const path = realpathSync(dirs[kind]);
    if (path === "/") throw refused(path, "it is the root of the file system");
    if (path === realpathSync(homedir())) throw refused(path, "it is a home directory");
    if (statSync(path).dev !== statSync(dirname(path)).dev) throw refused(path, "something is mounted there");
  }
}

/** Stops and removes all containers, then removes the plan's paths. */
export async function resetStore(engine: Engine, plan: ResetPlan): Promise<void> {
  const { dirs } = engine;
  for (const record of listRecords(dirs, () => undefined)) await removeContainer(engine, record, { force: true, volumes: true, timeoutSeconds: 0 });
  for (const id of damagedContainers(dirs)) await removeDamaged(engine, id);
  await withStore(dirs, "exclusive", async () => {
    // The marker goes last of all: a reset that was broken off can be done again.
    const last = [formatFile(dirs)];
    await removeTrees(engine, plan.paths.filter((path) => !last.includes(path) && dirname(path) !== dirs.runtime));
    for (const path of [...plan.paths.filter((one) => dirname(one) === dirs.runtime), ...last]) rmSync(path, { recursive: true, force: true });
  });
  for (const kind of kinds) removeIfEmpty(dirs[kind]);
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTEMPTY", "EBUSY", "EACCES", "EPERM")) throw error;
  }
}

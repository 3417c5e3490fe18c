/** Ids that one container alone has (`--userns auto`), in blocks: the first block begins after the user's own id. */
import { existsSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { containerDir, idBlocksDir } from "../dirs/paths.ts";
import { withLock } from "../lock/lock.ts";

/** Ids of a block. */
export const idBlockSize = 1024;

/**
 * Takes `count` ids in a row, of the `available` ones from 1 on, for a container whose directory exists; they are free again when that
 * is gone. @returns the first one
 * @throws CalaError `userns-exhausted`
 */
export async function takeIds(dirs: Dirs, containerId: string, count: number, available: number): Promise<number> {
  const blocks = Math.ceil(count / idBlockSize);
  const last = Math.floor(available / idBlockSize) - blocks;
  mkdirSync(idBlocksDir(dirs), { recursive: true, mode: 0o700 });
  return await withLock("ids", join(idBlocksDir(dirs), "lock"), "exclusive", () => {
    for (let first = 0, run = 0, at = 0; first <= last; at += 1) {
      if (isTaken(dirs, at)) [first, run] = [at + 1, 0];
      else run += 1;
      if (run < blocks) continue;
      for (let block = first; block < first + blocks; block += 1) symlinkSync(containerId, blockLink(dirs, block));
      return 1 + first * idBlockSize;
    }
    throw new CalaError("userns-exhausted", `there are no ${count} ids left that no other container has`, { hint: "remove containers with --userns auto, ask for fewer ids (auto:size=N), or add a range to /etc/subuid and /etc/subgid" });
  });
}

function isTaken(dirs: Dirs, block: number): boolean {
  const link = blockLink(dirs, block);
  try {
    if (existsSync(containerDir(dirs, readlinkSync(link)))) return true;
    rmSync(link, { force: true });
    return false;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

function blockLink(dirs: Dirs, block: number): string {
  return join(idBlocksDir(dirs), String(block));
}

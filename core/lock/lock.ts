/**
 * Which lock guards what, in the order in which they are taken:
 * 1 store      `data/lock`               shared: whoever writes records of images, containers, or pins; exclusive: whoever removes them
 * 2 volume     not taken yet: volumes appear and go by one rename, and the native program locks the directory that it fills
 * 3 container  `data/containers/ID/lock` exclusive: create, start, rename, rm of that container (stop asks its monitor)
 * 4 network    `data/networks.lock`      exclusive: whoever makes or removes networks, or takes over an address
 * 5 ids        `data/id-blocks/lock`     exclusive: giving ids of its own to a container (`--userns auto`)
 * Names need none: they are symbolic links, and creating one is exclusive by itself.
 */
import type { AsyncLocalStorage } from "node:async_hooks";
import { mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { assert } from "../base/assert.ts";
import { isErrno } from "../base/error.ts";
import { lockable } from "./stand-in.ts";

/** What a lock guards; see the table above. */
export type LockRank = "store" | "volume" | "container" | "network" | "ids";
/** Several shared holders, or one exclusive one. */
export type LockMode = "shared" | "exclusive";
const ranks: readonly LockRank[] = ["store", "volume", "container", "network", "ids"];
const longestPauseMs = 25;
let heldHere: AsyncLocalStorage<readonly LockRank[]> | undefined;

/** From now on, `withLock` asserts the order of the ranks. The tests ask for it; it makes every promise of the process slower. */
export async function checkLockOrder(): Promise<void> {
  const { AsyncLocalStorage: Storage } = await import("node:async_hooks");
  heldHere ??= new Storage();
}

/**
 * Runs `work` while holding an advisory lock on `path` (made when missing) and releases it whatever happens. The kernel
 * frees it when the process dies. Waiting is done with timers, so that other work of this process goes on.
 * @throws CalaError `locks-missing`, SysError
 */
export async function withLock<T>(rank: LockRank, path: string, mode: LockMode, work: (fd: number) => Promise<T> | T): Promise<T> {
  const held = heldHere?.getStore() ?? [];
  const last = held.at(-1);
  assert(last === undefined || ranks.indexOf(last) <= ranks.indexOf(rank), `lock "${rank}" taken after "${last ?? ""}"`);
  const file = lockable(openLockFile(path, rank !== "container"), path);
  try {
    for (let pauseMs = 1; !file.take(mode); pauseMs = Math.min(pauseMs * 2, longestPauseMs)) await sleep(pauseMs);
    return await (heldHere === undefined ? work(file.holder()) : heldHere.run([...held, rank], () => work(file.holder())));
  } finally {
    file.close();
  }
}

/** A container's directory is not made anew for its lock: it may have been removed just now. */
function openLockFile(path: string, makeDirectory: boolean): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (error) {
    if (!makeDirectory || !isErrno(error, "ENOENT")) throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "a", 0o600);
  }
}

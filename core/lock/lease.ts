/**
 * Leases: locks whose loss only makes work be done twice (downloads). The only importer of proper-lockfile. A lease whose
 * holder died on this machine is taken over at once; others when they have not been renewed for `staleMs`.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isErrno } from "../base/error.ts";

/** What ends the wait for a lease. */
export interface LeaseOptions {
  readonly signal?: AbortSignal;
  /** Asked while waiting: a result that another process has made meanwhile ends the wait. */
  readonly finished?: () => boolean;
}

const staleMs = 20_000;
const renewMs = 5_000;
const longestPauseMs = 150;
const namelessMs = 2_000;

/**
 * Runs `work` while holding the lease `path`. @returns undefined when `finished` became true before the lease was free
 * @throws whatever `work` throws; AbortError
 */
export async function withLease<T>(path: string, options: LeaseOptions, work: () => Promise<T>): Promise<T | undefined> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const { lock } = await import("proper-lockfile");
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    options.signal?.throwIfAborted();
    if (options.finished?.() === true) return undefined;
    const release = await tryLock(lock, path);
    if (release !== undefined) return await holding(path, release, work);
    if (isOwnerDead(path)) rmSync(`${path}.lock`, { recursive: true, force: true });
    else await sleep(pauseMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

type Lock = typeof import("proper-lockfile").lock;

async function tryLock(lock: Lock, path: string): Promise<(() => Promise<void>) | undefined> {
  try {
    // A lost lease costs a second download at most, so its holder goes on.
    return await lock(path, { realpath: false, retries: 0, stale: staleMs, update: renewMs, onCompromised: () => undefined });
  } catch (error) {
    if (isErrno(error, "ELOCKED")) return undefined;
    throw error;
  }
}

async function holding<T>(path: string, release: () => Promise<void>, work: () => Promise<T>): Promise<T> {
  const owner = `${path}.owner`;
  try {
    writeFileSync(owner, describe(process.pid) ?? "", { mode: 0o600 });
    return await work();
  } finally {
    rmSync(owner, { force: true });
    await release().catch(() => undefined);
  }
}

/** Whether somebody alive holds the lease at this moment. */
export function isLeaseHeld(path: string): boolean {
  return existsSync(`${path}.lock`) && !isOwnerDead(path);
}

/** `pid start boot` of a living process: a pid alone may have been given to another one. */
function describe(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    return `${pid} ${start} ${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}`;
  } catch {
    return undefined;
  }
}

function isOwnerDead(path: string): boolean {
  let text: string;
  try {
    text = readFileSync(`${path}.owner`, "utf8");
  } catch {
    // The holder writes its name right after it has taken the lease: one that is nameless for longer died in between.
    return !isYoungerThan(`${path}.lock`, namelessMs);
  }
  const pid = Number(text.split(" ")[0]);
  return Number.isInteger(pid) && pid > 0 && text.split(" ").length === 3 && describe(pid) !== text;
}

function isYoungerThan(path: string, ageMs: number): boolean {
  const status = statSync(path, { throwIfNoEntry: false });
  return status === undefined || Date.now() - status.mtimeMs < ageMs;
}

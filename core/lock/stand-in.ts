/**
 * Locks on file systems that have none (NFS without its lock service, some FUSE and cluster file systems): a file with the same meaning in the
 * user's runtime directory, which is in this machine's memory. Other machines that share the directory are not kept out. The monitor does
 * the same (native/stand-in.c).
 */
import { closeSync, fstatSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { CalaError, SysError } from "../base/error.ts";
import { flock } from "../sys/flock.ts";

/** ENOLCK, which Node has no name for, EOPNOTSUPP, ENOSYS. */
const lockless: readonly number[] = [37, 95, 38];

/** What is locked: an open file, or what stands in for it. */
export interface Lockable {
  /** The descriptor that holds the lock. */
  readonly holder: () => number;
  /** False: somebody else has it. @throws CalaError `locks-missing`, SysError */
  readonly take: (mode: "shared" | "exclusive") => boolean;
  /** Closes the file and what stands in for it, and so gives the lock back. */
  readonly close: () => void;
}

/** The open file `fd`, called `path` in messages. */
export function lockable(fd: number, path: string): Lockable {
  let standIn: number | undefined;
  const take = (mode: "shared" | "exclusive"): boolean => {
    try {
      return flock(standIn ?? fd, mode, true);
    } catch (error) {
      if (!(error instanceof SysError) || !lockless.includes(error.errno)) throw error;
      if (standIn !== undefined) throw missing(path);
    }
    standIn = openStandIn(fd, path);
    return take(mode);
  };
  return { holder: () => standIn ?? fd, take, close: () => { if (standIn !== undefined) closeSync(standIn); closeSync(fd); } };
}

function openStandIn(fd: number, path: string): number {
  const runtime = process.env["XDG_RUNTIME_DIR"];
  if (runtime === undefined || runtime === "") throw missing(path);
  const { dev, ino } = fstatSync(fd, { bigint: true });
  const directory = join(runtime, "cala-locks");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return openSync(join(directory, `${dev}-${ino}`), "a", 0o600);
}

function missing(path: string): CalaError {
  return new CalaError("locks-missing", `the file system of "${path}" has no locks, and there is no local directory to keep them in`, { hint: "set XDG_RUNTIME_DIR to a directory of yours on this machine, as pam_systemd does; or CALA_ROOT to a local file system" });
}

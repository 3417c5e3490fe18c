/** A further process in a running container's group, for `exec`. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isErrno } from "../base/error.ts";
import { findProgram } from "../host/find-program.ts";
import { cgroupRoot, detectCgroups, isWritable, ownCgroup } from "./detect.ts";

const deadlineMs = 5000;

/**
 * Brings this process so near to a container's group that its children can join it: a process may be moved by its user only
 * within a tree that is the user's, and a login session's group is not (cgroups(7), "Delegation containment"). systemd moves it
 * into the container's scope, beside the monitor. @returns a warning where that failed: then the limits do not hold for it
 */
export function approachCgroup(path: string): string | undefined {
  const own = ownCgroup(readFileSync("/proc/self/cgroup", "utf8"));
  if (isWritable(commonParent(join(cgroupRoot, own), path))) return undefined;
  const call = attachCall(path, process.pid);
  const { runtimeDir } = detectCgroups();
  const program = findProgram("busctl");
  if (call === undefined || runtimeDir === undefined || program === undefined) return notJoined("its group is out of reach, and there is no systemd user manager to ask");
  const result = spawnSync(program, call, { env: { ...process.env, XDG_RUNTIME_DIR: runtimeDir }, encoding: "utf8", timeout: deadlineMs, stdio: ["ignore", "ignore", "pipe"] });
  return result.status === 0 ? undefined : notJoined((result.stderr || String(result.error ?? "busctl failed")).trim());
}

/** The arguments of busctl for a group in one of cala's scopes (org.freedesktop.systemd1(5): AttachProcessesToUnit), or undefined for another. */
export function attachCall(path: string, pid: number): string[] | undefined {
  const unit = /\/(cala-[^/]+\.scope)\/[^/]+$/.exec(path)?.[1];
  if (unit === undefined) return undefined;
  return [
    "--user", "--quiet", "call", "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
    "AttachProcessesToUnit", "ssau", unit, "/supervisor", "1", String(pid),
  ];
}

/** The deepest directory above both groups. */
export function commonParent(left: string, right: string): string {
  let directory = left;
  while (!`${right}/`.startsWith(`${directory}/`) && directory !== "/") directory = dirname(directory);
  return directory;
}

function notJoined(reason: string): string {
  return `the container's limits do not hold for this process: ${reason}`;
}

/** Whether a process of this pid is in a group or below it. */
export function isInCgroup(pid: number, path: string): boolean {
  try {
    return `${join(cgroupRoot, ownCgroup(readFileSync(`/proc/${pid}/cgroup`, "utf8")))}/`.startsWith(`${path}/`);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH")) return false;
    throw error;
  }
}

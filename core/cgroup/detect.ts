/** What control groups this host has and what of them is ours. */
import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { readTextIfThere } from "../fs/read-json.ts";

/** `unified` is v2 alone; `hybrid` is v1 with an empty v2 beside it. */
export type CgroupKind = "unified" | "hybrid" | "v1" | "none";

/** What of the control groups is ours. */
export interface CgroupSupport {
  readonly kind: CgroupKind;
  /** Directory of this process's own cgroup; empty unless `unified`. */
  readonly own: string;
  /** Controllers that its parent gives it. */
  readonly controllers: readonly string[];
  /** Whether this user may make groups below it. */
  readonly writable: boolean;
  /** Where the user's systemd manager listens (`/run/user/UID`); absent: there is none. */
  readonly runtimeDir?: string;
  /** The user insists on systemd's scopes (`--cgroup-manager`). */
  readonly onlySystemd?: boolean;
}

/** Where control groups are mounted. */
export const cgroupRoot = "/sys/fs/cgroup";
const cgroup2Magic = 0x63677270;
const tmpfsMagic = 0x01021994;

/** Looks at this process and its host; `root`, the mount point, is given by tests. */
export function detectCgroups(env: Readonly<Record<string, string | undefined>> = process.env, root = cgroupRoot): CgroupSupport {
  const kind = cgroupKind(root);
  const asked = env["CALA_CGROUP_MANAGER"];
  const runtimeDir = asked === "cgroupfs" ? undefined : userManagerDir(env);
  const manager = { ...(runtimeDir === undefined ? {} : { runtimeDir }), ...(asked === "systemd" ? { onlySystemd: true } : {}) };
  if (kind !== "unified") return { kind, own: "", controllers: [], writable: false, ...manager };
  const own = join(root, ownCgroup(readTextIfThere("/proc/self/cgroup") ?? ""));
  return { kind, own, controllers: readWords(join(own, "cgroup.controllers")), writable: isWritable(own), ...manager };
}

/** Only which hierarchy there is: two system calls. */
export function cgroupKind(root = cgroupRoot): CgroupKind {
  const type = fileSystemType(root);
  if (type === cgroup2Magic) return "unified";
  if (fileSystemType(join(root, "unified")) === cgroup2Magic) return "hybrid";
  return type === tmpfsMagic && existsSync(join(root, "memory")) ? "v1" : existsSync(join(root, "cpu")) ? "v1" : "none";
}

function fileSystemType(path: string): number {
  try {
    return statfsSync(path).type;
  } catch {
    return 0;
  }
}

/** The v2 line of /proc/PID/cgroup: `0::/user.slice/…`. */
export function ownCgroup(text: string): string {
  return /^0::(\/.*)$/m.exec(text)?.[1] ?? "/";
}

/** The v2 group of a process, as in /proc/PID/cgroup; undefined when it is gone. */
export function processCgroup(pid: number): string | undefined {
  const text = readTextIfThere(`/proc/${pid}/cgroup`);
  return text === undefined ? undefined : ownCgroup(text);
}

/** Space-separated words of a cgroup file; none where it is missing. */
export function readWords(path: string): string[] {
  return (readTextIfThere(path) ?? "").split(/\s+/).filter((word) => word !== "");
}

/** Whether this user may make groups in a directory and move processes through it. */
export function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    accessSync(join(directory, "cgroup.procs"), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** `su`, cron and some SSH sessions do not say XDG_RUNTIME_DIR although the manager runs (lingering). */
function userManagerDir(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const places = [env["XDG_RUNTIME_DIR"], `/run/user/${process.getuid?.() ?? 0}`];
  return places.find((place) => place !== undefined && place.startsWith("/") && existsSync(join(place, "systemd", "private")) && existsSync(join(place, "bus")));
}

/** Resource limits of the first process. */
import { CalaError } from "../base/error.ts";
import type { RuntimeRlimit } from "../oci/runtime-config.ts";
import type { Ulimit } from "./request.ts";

/** Hard limits of this process by lower-case name (`nofile`); -1 is unlimited. */
export type HardLimits = Readonly<Record<string, number>>;

const procNames: Readonly<Record<string, string>> = {
  "Max cpu time": "cpu", "Max file size": "fsize", "Max data size": "data", "Max stack size": "stack", "Max core file size": "core",
  "Max resident set": "rss", "Max processes": "nproc", "Max open files": "nofile", "Max locked memory": "memlock",
  "Max address space": "as", "Max file locks": "locks", "Max pending signals": "sigpending", "Max msgqueue size": "msgqueue",
  "Max nice priority": "nice", "Max realtime priority": "rtprio", "Max realtime timeout": "rttime",
};

/** The names that `--ulimit` knows. */
export const ulimitNames: readonly string[] = Object.values(procNames);

/** Hard limits from the text of /proc/self/limits (columns: name, soft, hard, unit). */
export function parseHardLimits(text: string): HardLimits {
  const limits: Record<string, number> = {};
  for (const line of text.split("\n")) {
    const [label = "", , hard] = line.split(/\s{2,}/);
    const name = procNames[label];
    if (name !== undefined) limits[name] = hard === "unlimited" ? -1 : Number(hard);
  }
  return limits;
}

/**
 * The limits of the request, and for nofile and nproc, as podman, the host's hard limit where the request says nothing.
 * With `ofHost` the process keeps the limits of whoever starts it. A hard limit of -1 means the host's highest. @throws CalaError `ulimit-too-high`
 */
export function processRlimits(ulimits: readonly Ulimit[], host: HardLimits, ofHost = false): RuntimeRlimit[] {
  const chosen = new Map<string, { readonly soft: number; readonly hard: number }>();
  for (const name of ofHost ? [] : ["nofile", "nproc"]) {
    const limit = host[name];
    if (limit !== undefined) chosen.set(name, { soft: limit, hard: limit });
  }
  for (const ulimit of ulimits) chosen.set(ulimit.name, withinHost(ulimit, host[ulimit.name] ?? -1));
  return [...chosen].map(([name, value]) => ({ type: `RLIMIT_${name.toUpperCase()}`, soft: value.soft, hard: value.hard }));
}

function withinHost(ulimit: Ulimit, highest: number): { soft: number; hard: number } {
  const hard = ulimit.hard === -1 ? highest : ulimit.hard;
  const soft = ulimit.soft === -1 ? hard : ulimit.soft;
  if (highest !== -1 && (hard > highest || soft > highest)) {
    throw new CalaError("ulimit-too-high", `the ulimit "${ulimit.name}=${ulimit.soft}:${ulimit.hard}" is above this user's hard limit of ${highest}`, {
      hint: `use --ulimit ${ulimit.name}=${highest}, or raise the limit in /etc/security/limits.conf`,
    });
  }
  return { soft, hard };
}

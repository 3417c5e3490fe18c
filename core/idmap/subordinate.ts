/** Subordinate ids of a user: /etc/subuid, /etc/subgid (subuid(5)), or the name service through `getsubids`. */
import { spawnSync } from "node:child_process";
import { readTextIfThere } from "../fs/read-json.ts";
import type { IdRange } from "./map.ts";

export interface SubordinateRange {
  readonly first: number;
  readonly count: number;
}

/** The entries of one user, by name or by number, in the file's order; damaged lines are skipped as shadow does. */
export function parseSubordinate(text: string, name: string, uid: number): SubordinateRange[] {
  return text.split("\n").flatMap((line): SubordinateRange[] => {
    const match = /^([^:#]+):(\d+):(\d+)\s*$/.exec(line.trim());
    if (match === null || (match[1] !== name && match[1] !== String(uid))) return [];
    const first = Number(match[2]);
    const count = Number(match[3]);
    // 2^32-1 is "no id" (user_namespaces(7)).
    return count > 0 && first > 0 && first + count <= 2 ** 32 - 1 ? [{ first, count }] : [];
  });
}

/** `getsubids` prints `0: NAME 100000 65536` per range. */
export function parseGetsubids(text: string): SubordinateRange[] {
  return [...text.matchAll(/^\d+: \S+ (\d+) (\d+)$/gm)].map((match) => ({ first: Number(match[1]), count: Number(match[2]) }));
}

/** A user's ranges of one kind. */
export function subordinateRanges(kind: "uid" | "gid", name: string, uid: number, etc = "/etc"): SubordinateRange[] {
  const ranges = parseSubordinate(readTextIfThere(`${etc}/sub${kind}`) ?? "", name, uid);
  return ranges.length > 0 || !usesNameService(etc) ? ranges : askNameService(kind, name);
}

/** Only `subid:` in nsswitch.conf makes another source possible, so that a program is not started in vain. */
function usesNameService(etc: string): boolean {
  return /^\s*subid:/m.test(readTextIfThere(`${etc}/nsswitch.conf`) ?? "");
}

function askNameService(kind: "uid" | "gid", name: string): SubordinateRange[] {
  const result = spawnSync("getsubids", kind === "gid" ? ["-g", name] : [name], { encoding: "utf8", timeout: 5000, stdio: ["ignore", "pipe", "ignore"] });
  return result.status === 0 ? parseGetsubids(result.stdout) : [];
}

/** The outer map: 0 is the user, the subordinate ids follow from 1. Overlapping ranges, which the kernel refuses, count once. */
export function outerMap(ownId: number, ranges: readonly SubordinateRange[]): IdRange[] {
  const map: IdRange[] = [{ inside: 0, outside: ownId, count: 1 }];
  let next = 1;
  for (const { first, count } of ranges) {
    const overlaps = map.some((line) => first < line.outside + line.count && line.outside < first + count);
    if (overlaps) continue;
    map.push({ inside: next, outside: first, count });
    next += count;
  }
  return map;
}

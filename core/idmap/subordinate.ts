/** Subordinate ids of a user: /etc/subuid, /etc/subgid (subuid(5)), or the name service through `getsubids`. */
import { spawnSync } from "node:child_process";
import { readTextIfThere } from "../fs/read-json.ts";
import { findProgram } from "../host/find-program.ts";
import type { IdRange } from "./map.ts";

/** So many ids from `first` on, which a user may give to user namespaces. */
export interface SubordinateRange {
  readonly first: number;
  readonly count: number;
}

/** The kernel takes 340 lines (since Linux 4.15); ranges beyond are not used. */
const mostLines = 340;

/** A range and whose it is: a name, or a number in decimal. */
export interface SubordinateEntry extends SubordinateRange {
  readonly owner: string;
}

/** All entries of a file, in its order; damaged lines are skipped as shadow does. */
export function parseEntries(text: string): SubordinateEntry[] {
  return text.split("\n").flatMap((line): SubordinateEntry[] => {
    const match = /^([^:#]+):(\d+):(\d+)\s*$/.exec(line.trim());
    const first = Number(match?.[2]);
    const count = Number(match?.[3]);
    // 2^32-1 is "no id" (user_namespaces(7)).
    return match?.[1] !== undefined && count > 0 && first > 0 && first + count <= 2 ** 32 - 1 ? [{ owner: match[1], first, count }] : [];
  });
}

/** The entries of one user, by name or by number. */
export function parseSubordinate(text: string, name: string, uid: number): SubordinateRange[] {
  return parseEntries(text).filter(({ owner }) => owner === name || owner === String(uid)).map(({ first, count }) => ({ first, count }));
}

/** `getsubids` prints `0: NAME 100000 65536` per range. */
export function parseGetsubids(text: string): SubordinateRange[] {
  return [...text.matchAll(/^\d+: \S+ (\d+) (\d+)$/gm)].map((match) => ({ first: Number(match[1]), count: Number(match[2]) }));
}

/** A user's ranges of one kind.. */
export function subordinateRanges(kind: "uid" | "gid", name: string, uid: number, etc = "/etc"): SubordinateRange[] {
  const ranges = parseSubordinate(readTextIfThere(`${etc}/sub${kind}`) ?? "", name, uid);
  return ranges.length > 0 || !usesNameService(etc) ? ranges : askNameService(kind, name);
}

/** The ranges of any name, user or group of ids. */
export function ownRanges(kind: "uid" | "gid", name: string): SubordinateRange[] {
  return subordinateRanges(kind, name, -1);
}

/** Asked only where another source than the files is possible, so that no program is started in vain. */
function usesNameService(etc: string): boolean {
  const words = /^\s*subid:([^#\n]*)/m.exec(readTextIfThere(`${etc}/nsswitch.conf`) ?? "")?.[1]?.trim().split(/\s+/) ?? [];
  return words.some((word) => word !== "" && word !== "files");
}

function askNameService(kind: "uid" | "gid", name: string): SubordinateRange[] {
  const program = findProgram("getsubids");
  if (program === undefined) return [];
  const result = spawnSync(program, kind === "gid" ? ["-g", name] : [name], { encoding: "utf8", timeout: 5000, stdio: ["ignore", "pipe", "ignore"] });
  return result.status === 0 ? parseGetsubids(result.stdout) : [];
}

/** The outer map: 0 is the user, the subordinate ids follow from 1. Of overlapping ranges, which the kernel refuses, each id counts once. */
export function outerMap(ownId: number, ranges: readonly SubordinateRange[]): IdRange[] {
  const map: IdRange[] = [{ inside: 0, outside: ownId, count: 1 }];
  let next = 1;
  for (const range of ranges) {
    const free = map.reduce<readonly SubordinateRange[]>((parts, line) => parts.flatMap((part) => without(part, line)), [range]);
    for (const { first, count } of free) {
      if (map.length === mostLines) return map;
      map.push({ inside: next, outside: first, count });
      next += count;
    }
  }
  return map;
}

/** What is left of a range beside the ids that a line of the map has already. */
function without(range: SubordinateRange, { outside, count }: IdRange): SubordinateRange[] {
  const end = range.first + range.count;
  if (outside + count <= range.first || outside >= end) return [range];
  const parts = [{ first: range.first, count: outside - range.first }, { first: outside + count, count: end - outside - count }];
  return parts.filter((part) => part.count > 0);
}

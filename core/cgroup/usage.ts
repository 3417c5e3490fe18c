/** What processes use: from their control group, else summed over them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";

/** Sums at one moment; what cannot be told is absent. */
export interface Usage {
  /** Nanoseconds of processor time since the start. */
  readonly cpuNs: number;
  readonly memoryBytes: number;
  readonly memoryLimitBytes?: number;
  readonly pids: number;
  readonly readBytes?: number;
  readonly writtenBytes?: number;
}

/** From a control group; undefined when it is gone or lacks what is needed. Memory is counted as docker does: without idle file cache. */
export function groupUsage(group: string): Usage | undefined {
  const cpuUs = numberAfter(readTextIfThere(join(group, "cpu.stat")), "usage_usec");
  const memory = readTextIfThere(join(group, "memory.current"));
  const pids = readTextIfThere(join(group, "pids.current"));
  if (cpuUs === undefined || memory === undefined || pids === undefined) return undefined;
  const idle = numberAfter(readTextIfThere(join(group, "memory.stat")), "inactive_file") ?? 0;
  const limit = Number(readTextIfThere(join(group, "memory.max")));
  const io = readTextIfThere(join(group, "io.stat"));
  return {
    cpuNs: cpuUs * 1000, memoryBytes: Math.max(0, Number(memory) - idle), pids: Number(pids),
    ...(Number.isFinite(limit) ? { memoryLimitBytes: limit } : {}),
    ...(io === undefined ? {} : { readBytes: sumOf(io, "rbytes"), writtenBytes: sumOf(io, "wbytes") }),
  };
}

/** `KEY NUMBER` lines. */
function numberAfter(text: string | undefined, key: string): number | undefined {
  const match = text === undefined ? null : new RegExp(`^${key} (\\d+)$`, "m").exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** `MAJ:MIN KEY=NUMBER …` lines. */
function sumOf(text: string, key: string): number {
  return [...text.matchAll(new RegExp(`\\b${key}=(\\d+)`, "g"))].reduce((sum, match) => sum + Number(match[1]), 0);
}

const nsPerTick = 1e9 / 100; // USER_HZ, the same on every architecture that cala runs on
const pageBytes = 4096;

/** The sum over living processes, with the processor time of the dead that they have waited for. */
export function processUsage(pids: readonly number[]): Usage {
  const sum = { cpuNs: 0, memoryBytes: 0, pids: 0, readBytes: 0, writtenBytes: 0 };
  let isKnown = true;
  for (const pid of pids) {
    const fields = statFields(pid);
    if (fields === undefined) continue;
    sum.cpuNs += [11, 12, 13, 14].reduce((ticks, index) => ticks + Number(fields[index]), 0) * nsPerTick;
    sum.pids += Number(fields[17]);
    sum.memoryBytes += shareOfMemory(pid) ?? Number(fields[21]) * pageBytes;
    const io = readIfAllowed(`/proc/${pid}/io`);
    if (io === undefined) isKnown = false;
    else {
      sum.readBytes += Number(/^read_bytes: (\d+)$/m.exec(io)?.[1] ?? 0);
      sum.writtenBytes += Number(/^write_bytes: (\d+)$/m.exec(io)?.[1] ?? 0);
    }
  }
  const { readBytes, writtenBytes, ...rest } = sum;
  return isKnown ? { ...rest, readBytes, writtenBytes } : rest;
}

/** What follows the name in /proc/PID/stat: the state is field 0. */
function statFields(pid: number): string[] | undefined {
  const text = readIfAllowed(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** Its own pages and its share of those that it has in common with others. */
function shareOfMemory(pid: number): number | undefined {
  const match = /^Pss:\s+(\d+) kB$/m.exec(readIfAllowed(`/proc/${pid}/smaps_rollup`) ?? "");
  return match === null ? undefined : Number(match[1]) * 1024;
}

/** Bytes that came and went through the network devices of a process, but for the loopback; undefined where that cannot be seen. */
export function networkUsage(pid: number): { readonly inBytes: number; readonly outBytes: number } | undefined {
  const text = readIfAllowed(`/proc/${pid}/net/dev`);
  if (text === undefined) return undefined;
  const devices = text.split("\n").slice(2).map((line) => line.trim().split(/[:\s]+/)).filter(([name]) => name !== undefined && name !== "" && name !== "lo");
  return { inBytes: devices.reduce((sum, fields) => sum + Number(fields[1]), 0), outBytes: devices.reduce((sum, fields) => sum + Number(fields[9]), 0) };
}

function readIfAllowed(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return undefined;
    throw error;
  }
}

import { readFileSync, statSync } from "node:fs";
import { readJsonIfThere, readTextIfThere } from "../fs/read-json.ts";
import { containerFiles } from "../dirs/paths.ts";
import type { MonitorState } from "../container/record.ts";

/** What is shown where nobody was left to see the container end. As docker after a crash of the host. */
export const lostExitCode = 255;

let bootId: string | undefined;

/** This boot's id. */
export function currentBootId(): string {
  bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return bootId;
}

/** Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat); undefined when there is none, or only a zombie. */
export function processStart(pid: number): number | undefined {
  const text = readTextIfThere(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The program's name stands in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : Number(fields[19]);
}

/** Whether the process with this pid is still the one that had this start time in this boot. */
export function isProcessAlive(pid: number, start: number): boolean {
  return pid > 0 && processStart(pid) === start;
}

/** What the monitor last wrote, believed as it is; undefined before the first start. */
export function readRecordedState(dir: string): MonitorState | undefined {
  return readJsonIfThere<MonitorState>(containerFiles.state(dir));
}

/**
 * The state of a container as it is now: what its monitor wrote, except that a container whose monitor is gone (killed, or a
 * former boot's) has exited, with `lostExitCode`. Undefined before the first start. `read` looks at the record.
 */
export function readMonitorState(dir: string, read: (dir: string) => MonitorState | undefined = readRecordedState): MonitorState | undefined {
  const state = read(dir);
  if (state === undefined || state.status === "exited") return state;
  const isThisBoot = state.bootId === currentBootId();
  if (isThisBoot && isProcessAlive(state.monitorPid, state.monitorStart)) return state;
  const again = read(dir); // it may have ended properly between the two looks, and have been started again
  if (again?.status === "exited") return again;
  if (again !== undefined && (again.monitorPid !== state.monitorPid || again.monitorStart !== state.monitorStart)) return readMonitorState(dir, read);
  return {
    ...state, status: "exited", pid: 0, pidStart: 0, exitCode: lostExitCode,
    finishedAt: state.finishedAt === "" ? lastWritten(dir, state.startedAt) : state.finishedAt,
    error: isThisBoot ? "the monitor of the container was killed" : "the host was restarted while the container ran",
  };
}

/** The container's first process where it outlived its monitor; undefined otherwise. It is to be killed before anything else is done. */
export function orphanOf(dir: string): { readonly pid: number; readonly pidStart: number } | undefined {
  const state = readRecordedState(dir);
  if (state === undefined || state.status === "exited" || state.bootId !== currentBootId()) return undefined;
  if (isProcessAlive(state.monitorPid, state.monitorStart) || !isProcessAlive(state.pid, state.pidStart)) return undefined;
  return { pid: state.pid, pidStart: state.pidStart };
}

function lastWritten(dir: string, otherwise: string): string {
  const status = statSync(containerFiles.state(dir), { throwIfNoEntry: false });
  return status === undefined ? otherwise : status.mtime.toISOString();
}

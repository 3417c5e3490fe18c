import { clock } from "../base/clock.ts";
import { humanDuration } from "../base/duration.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { containerDir } from "../dirs/paths.ts";
import { readMonitorState } from "../monitor/state.ts";
import type { ContainerRecord, MonitorState } from "./record.ts";

/** The states that `ps` and `inspect` show. */
export type ContainerStatus = "created" | "starting" | "running" | "paused" | "exited" | "restarting";

/** A container as it stands: what was decided, and what the monitor last said, checked against the processes alive. */
export interface ContainerView {
  readonly record: ContainerRecord;
  readonly state: MonitorState | undefined;
  readonly status: ContainerStatus;
}

/** Reads the present state of a container. */
export function viewOf(dirs: Dirs, record: ContainerRecord): ContainerView {
  const state = readMonitorState(containerDir(dirs, record.id));
  // One whose start failed has not run: podman calls it created.
  const neverRan = state === undefined || (state.status === "exited" && state.startedAt === "");
  return { record, state, status: neverRan ? "created" : state.status };
}

/** Whether a process of the container is alive. */
export function isAlive(view: ContainerView): boolean {
  return view.status === "running" || view.status === "paused" || view.status === "starting" || view.status === "restarting";
}

/** podman's words for the Status column: `Up 5 minutes`, `Exited (0) 3 hours ago`, `Created`. */
export function statusText(view: ContainerView, nowMs: number = clock.nowMs()): string {
  const { state } = view;
  if (state === undefined || view.status === "created") return "Created";
  if (view.status === "exited") return `Exited (${state.exitCode}) ${humanDuration(nowMs - Date.parse(state.finishedAt))} ago`;
  const up = `Up ${humanDuration(nowMs - Date.parse(state.startedAt))}`;
  if (view.status === "restarting") return `Restarting (${state.exitCode}) ${humanDuration(nowMs - Date.parse(state.finishedAt))} ago`;
  if (view.status === "paused") return `${up} (Paused)`;
  return state.health === undefined || state.health === "" ? up : `${up} (${state.health})`;
}

import { existsSync } from "node:fs";
import { clock } from "../base/clock.ts";
import { humanDuration } from "../base/duration.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import { readMonitorState } from "../monitor/state.ts";
import type { ContainerRecord, MonitorState } from "./record.ts";

/** The states that `ps` and `inspect` show. */
export type ContainerStatus = "created" | "initialized" | "starting" | "running" | "paused" | "exited" | "restarting";

/** A container as it stands: what was decided, and what the monitor last said, checked against the processes alive. */
export interface ContainerView {
  readonly record: ContainerRecord;
  readonly state: MonitorState | undefined;
  readonly status: ContainerStatus;
}

/** Reads the present state of a container. */
export function viewOf(dirs: Dirs, record: ContainerRecord): ContainerView {
  const dir = containerDir(dirs, record.id);
  const state = readMonitorState(dir);
  if ((state === undefined || state.status === "exited") && existsSync(containerFiles.initialized(dir))) return { record, state: undefined, status: "initialized" };
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
  const { state, status } = view;
  if (status === "paused") return `${upText(view, nowMs)} (Paused)`;
  const health = status === "running" || status === "starting" ? state?.health ?? "" : "";
  return health === "" ? stateText(view, nowMs) : `${stateText(view, nowMs)} (${health})`;
}

/** podman's words for the state in a template: the same without the health, and `Paused` alone. */
export function stateText(view: ContainerView, nowMs: number = clock.nowMs()): string {
  const { state, status } = view;
  if (status === "initialized") return "Initialized";
  if (state === undefined || status === "created") return "Created";
  if (status === "paused") return "Paused";
  if (status === "exited" || status === "restarting") return `${status === "exited" ? "Exited" : "Restarting"} (${state.exitCode}) ${humanDuration(nowMs - Date.parse(state.finishedAt))} ago`;
  return upText(view, nowMs);
}

function upText({ state }: ContainerView, nowMs: number): string {
  return `Up ${humanDuration(nowMs - Date.parse(state?.startedAt ?? ""))}`;
}

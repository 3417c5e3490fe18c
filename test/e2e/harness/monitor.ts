/** What a container's monitor is, from outside. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { Cala } from "./cala.ts";

/** Pids of a running container. */
export interface MonitorPids {
  /** Its first process. */
  readonly pid: number;
  readonly monitorPid: number;
}

/** The pids that the state file of a container tells. */
export async function monitorOf(cala: Cala, name: string): Promise<MonitorPids> {
  const id = await cala.ok(["inspect", "--format", "{{.Id}}", name]);
  return JSON.parse(readFileSync(join(cala.root, "data/containers", id, "state"), "utf8")) as MonitorPids;
}

/** How many connections a monitor has accepted; an attach client has two. */
export function connectionsOf({ monitorPid }: MonitorPids): number {
  const lines = readFileSync("/proc/net/unix", "utf8").split("\n").filter((line) => / 03 .*\/attach$/.test(line));
  const accepted = new Set(lines.map((line) => `socket:[${line.split(/\s+/)[6] ?? ""}]`));
  return readdirSync(`/proc/${monitorPid}/fd`).filter((fd) => accepted.has(readlinkSync(`/proc/${monitorPid}/fd/${fd}`))).length;
}

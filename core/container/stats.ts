/** What running containers use at a moment. */
import { totalmem } from "node:os";
import { containerDir } from "../dirs/paths.ts";
import { processesOf } from "../cgroup/processes.ts";
import { groupUsage, networkUsage, processUsage, type Usage } from "../cgroup/usage.ts";
import type { Engine } from "../engine.ts";
import { readLaunchFacts } from "./launch.ts";
import { isAlive, type ContainerView } from "./view.ts";

/** One container at one moment. */
export interface StatsSample extends Usage {
  readonly id: string;
  readonly name: string;
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly memoryLimitBytes: number;
  readonly networkInBytes?: number;
  readonly networkOutBytes?: number;
  /** Percent of one processor since the sample before, or since the start. */
  readonly cpuPercent: number;
  /** Since the start. */
  readonly averageCpuPercent: number;
}

/** A sample of each container; `before`, the samples of a moment ago by id, gives the processor's share between the two. */
export function sampleContainers(engine: Engine, views: readonly ContainerView[], before: ReadonlyMap<string, StatsSample>): StatsSample[] {
  return views.map((view) => sampleOf(engine, view, before.get(view.record.id)));
}

function sampleOf(engine: Engine, view: ContainerView, before: StatsSample | undefined): StatsSample {
  const { record, state } = view;
  const atMs = Date.now();
  const startedAtMs = state === undefined || state.startedAt === "" ? atMs : Date.parse(state.startedAt);
  const base = { id: record.id, name: record.name, atMs, startedAtMs, memoryLimitBytes: totalmem() };
  if (!isAlive(view) || state === undefined || state.pid === 0) return { ...base, cpuNs: 0, memoryBytes: 0, pids: 0, cpuPercent: 0, averageCpuPercent: 0 };
  const facts = readLaunchFacts(containerDir(engine.dirs, record.id));
  const group = facts?.cgroupPaths[0];
  const usage = (group === undefined ? undefined : groupUsage(group)) ?? processUsage(processesOf(state.pid));
  const network = facts?.namespaces.network === "host" ? undefined : networkUsage(state.pid);
  const averageCpuPercent = percent(usage.cpuNs, atMs - startedAtMs);
  return {
    ...base, ...usage, memoryLimitBytes: Math.min(usage.memoryLimitBytes ?? totalmem(), totalmem()),
    ...(network === undefined ? {} : { networkInBytes: network.inBytes, networkOutBytes: network.outBytes }),
    cpuPercent: before === undefined || before.startedAtMs !== startedAtMs ? averageCpuPercent : percent(usage.cpuNs - before.cpuNs, atMs - before.atMs),
    averageCpuPercent,
  };
}

function percent(cpuNs: number, elapsedMs: number): number {
  return elapsedMs <= 0 ? 0 : Math.max(0, cpuNs / 1e4 / elapsedMs);
}

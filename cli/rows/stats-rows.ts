/** Rows of `stats`: the fields that podman-stats(1) lists for --format. */
import { formatBytes } from "../../core/base/bytes.ts";
import { shortId } from "../../core/base/id.ts";
import type { StatsSample } from "../../core/container/stats.ts";

/** Columns of the table, in order, by the names of templates. */
export const statsColumns: readonly string[] = ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDS", "UpTime", "AVGCPU"];
/** Headings that are not the column's own name in capitals. */
export const statsHeadings: Readonly<Record<string, string>> = {
  ID: "ID", CPUPerc: "CPU %", CPU: "CPU %", MemUsage: "MEM USAGE / LIMIT", MemUsageBytes: "MEM USAGE / LIMIT", MemPerc: "MEM %", NetIO: "NET IO", BlockIO: "BLOCK IO",
  PIDS: "PIDS", PIDs: "PIDS", UpTime: "CPU TIME", CPUTime: "CPU TIME", AVGCPU: "AVG CPU %", AvgCPU: "AVG CPU %", ContainerID: "CONTAINER ID",
};

/** One row; the names are those of templates. */
export function statsRow(sample: StatsSample, noTrunc: boolean) {
  const id = noTrunc ? sample.id : shortId(sample.id);
  const memPercent = (sample.memoryBytes / sample.memoryLimitBytes) * 100;
  const average = `${sample.averageCpuPercent.toFixed(2)}%`;
  const cpuTime = secondsText(sample.cpuNs);
  return {
    ID: id, ContainerID: id, Container: id, Name: sample.name,
    CPU: `${sample.cpuPercent.toFixed(2)}%`, CPUPerc: `${sample.cpuPercent.toFixed(2)}%`, CPUNano: sample.cpuNs, AvgCPU: average, AVGCPU: average,
    UpTime: cpuTime, CPUTime: cpuTime, Up: secondsText((sample.atMs - sample.startedAtMs) * 1e6), SystemNano: sample.atMs * 1e6, Duration: (sample.atMs - sample.startedAtMs) * 1e6,
    MemUsage: `${formatBytes(sample.memoryBytes, "")} / ${formatBytes(sample.memoryLimitBytes, "")}`, MemUsageBytes: `${binary(sample.memoryBytes)} / ${binary(sample.memoryLimitBytes)}`,
    MemLimit: sample.memoryLimitBytes, MemPerc: `${memPercent.toFixed(2)}%`,
    NetIO: pair(sample.networkInBytes, sample.networkOutBytes), NetInput: sample.networkInBytes ?? 0, NetOutput: sample.networkOutBytes ?? 0,
    BlockIO: pair(sample.readBytes, sample.writtenBytes), BlockInput: sample.readBytes ?? 0, BlockOutput: sample.writtenBytes ?? 0,
    PIDS: sample.pids, PIDs: sample.pids,
  };
}

/** The objects of `stats --format json`, as podman prints them. */
export function statsDocument(sample: StatsSample, noTrunc: boolean): Readonly<Record<string, unknown>> {
  const row = statsRow(sample, noTrunc);
  return {
    id: row.ID, name: row.Name, cpu_time: row.CPUTime, cpu_percent: row.CPUPerc, avg_cpu: row.AvgCPU, mem_usage: row.MemUsage,
    mem_percent: row.MemPerc, net_io: row.NetIO, block_io: row.BlockIO, pids: String(row.PIDS),
  };
}

/** `--` stands for what cannot be told. */
function pair(first: number | undefined, second: number | undefined): string {
  return first === undefined || second === undefined ? "-- / --" : `${formatBytes(first, "")} / ${formatBytes(second, "")}`;
}

function binary(bytes: number): string {
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)}KiB` : bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)}MiB` : `${(bytes / 2 ** 30).toFixed(2)}GiB`;
}

/** A duration as Go prints it: `1.5s`, `2m3.25s`. */
function secondsText(ns: number): string {
  if (ns < 1e9) return `${Number((ns / 1e6).toFixed(3))}ms`;
  const seconds = ns / 1e9;
  const minutes = Math.floor(seconds / 60);
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (minutes === 0) return rest;
  return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`;
}

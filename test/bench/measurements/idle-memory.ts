import { readdirSync, readFileSync } from "node:fs";
import type { Engine } from "../engine.ts";
import type { Measurement } from "../measurement.ts";

const count = 4;

function pids(): number[] {
  return readdirSync("/proc").map(Number).filter((pid) => pid > 0);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}

/** Kilobytes: the proportional set size, or what is resident where a process hides its maps (pasta does). */
function kilobytes(pid: number): number {
  const proportional = /^Pss:\s+(\d+)/m.exec(read(pid, "smaps_rollup"))?.[1];
  return Number(proportional ?? /^RssAnon:\s+(\d+)/m.exec(read(pid, "status"))?.[1] ?? "0");
}

/** Everything that was started and stays, except what the container itself runs. */
function keptMegabytes(engine: Engine): number {
  const before = new Set(pids());
  const names = Array.from({ length: count }, (_, index) => `idle-${index}`);
  for (const name of names) engine.output("run", "-d", "--name", name, "busybox", "sleep", "10000");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500); // helpers give their start-up memory back
  const kept = pids().filter((pid) => !before.has(pid) && !read(pid, "cmdline").startsWith("sleep\0"));
  const total = kept.reduce((sum, pid) => sum + kilobytes(pid), 0);
  engine.output("rm", "-f", "-t", "0", ...names);
  return total / 1024 / count;
}

export const idleMemory: Measurement = {
  name: "memory", title: "memory kept per idle container, network included", unit: "MB", budget: 1, rounds: 3, images: ["busybox"],
  prepare: (engine) => void engine.output("pull", "-q", "busybox"),
  measure: keptMegabytes,
};

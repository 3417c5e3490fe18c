import { readdirSync, readFileSync } from "node:fs";
import { gigabyteWords } from "../lines-file.ts";
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

/** Kilobytes: the proportional set size, or what is resident where a process hides its maps (network helpers do). */
function kilobytes(pid: number): number {
  const proportional = /^Pss:\s+(\d+)/m.exec(read(pid, "smaps_rollup"))?.[1];
  return Number(proportional ?? /^RssAnon:\s+(\d+)/m.exec(read(pid, "status"))?.[1] ?? "0");
}

function isOf(pid: number, uid: number): boolean {
  return Number(/^Uid:\s+(\d+)/m.exec(read(pid, "status"))?.[1] ?? "-1") === uid;
}

/** Everything of this user's that was started and stays, per container, except what the containers themselves run. */
function keptMegabytes(engine: Engine, options: readonly string[]): number {
  const before = new Set(pids());
  const names = Array.from({ length: count }, (_, index) => `idle-${index}`);
  for (const name of names) engine.output("run", "-d", "--name", name, ...options, "busybox", "sleep", "10000");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500); // helpers give their start-up memory back
  const kept = pids().filter((pid) => !before.has(pid) && isOf(pid, process.getuid?.() ?? 0) && !read(pid, "cmdline").startsWith("sleep\0"));
  const total = kept.reduce((sum, pid) => sum + kilobytes(pid), 0);
  engine.output("rm", "-f", "-t", "0", ...names);
  return total / 1024 / count;
}

/** Of the monitor alone, when its container has written a gigabyte, as much as a talkative service does in a day, and is quiet again. */
function loggedMegabytes(engine: Engine): number {
  const before = new Set(pids());
  const name = "logged";
  // The log is bounded, as a service's is.
  engine.output("run", "-d", "--name", name, "--log-opt", "max-size=10m", ...gigabyteWords("touch /done; exec sleep 10000"));
  for (;;) {
    try {
      engine.output("exec", name, "test", "-e", "/done");
      break;
    } catch {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    }
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  const kept = pids().filter((pid) => !before.has(pid) && isOf(pid, process.getuid?.() ?? 0) && !read(pid, "cmdline").startsWith("sleep\0"));
  const total = kept.reduce((sum, pid) => sum + kilobytes(pid), 0);
  engine.output("rm", "-f", "-t", "0", name);
  return total / 1024;
}

function row(name: string, what: string, options: readonly string[], limits: Pick<Measurement, "budget" | "ceiling">): Measurement {
  return {
    name, title: `memory kept per idle container: ${what}`, unit: "MB", ...limits, rounds: 3, images: ["busybox"],
    prepare: (engine) => void engine.output("pull", "-q", "busybox"),
    measure: (engine) => keptMegabytes(engine, options),
  };
}

/** The monitor alone, beside conmon, and with the helper of the default network. */
export const idleMemory: readonly Measurement[] = [
  row("memory", "monitor", ["--network", "none"], { ceiling: 0.25 }),
  {
    name: "memory-logged", title: "memory kept by the monitor of a container that has logged 1 GB and is idle again", unit: "MB", ceiling: 0.25, rounds: 1, isCold: true, isAlone: true, images: ["busybox"],
    prepare: (engine) => void engine.output("pull", "-q", "busybox"), measure: loggedMegabytes,
  },
  row("memory-default-network", "monitor and helper of the default network", [], { budget: 1 }),
];

/** The monitor and its clients on a stand-in for the launch code, built with sanitizers; shared by the tests beside this file. */
import { spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { MonitorState } from "../../../core/container/record.ts";
import { setProgramDir } from "../../../core/dirs/program.ts";
import { readTextIfThere } from "../../../core/fs/read-json.ts";
import type { Subscription, WindowSize } from "../../../core/monitor/frame.ts";
import { readReport } from "../../../core/monitor/report.ts";
import { spawnMonitor, type SpawnedMonitor } from "../../../core/monitor/spawn.ts";
import { processStart } from "../../../core/monitor/state.ts";

const projectDir = process.cwd();
const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"];

/** Where the program is built; not below the project, which the account that runs the tests may only read. */
export const standInDir = join(tmpdir(), `cala-test-native-${process.getuid?.() ?? 0}`);
/** The program. */
export const standInProgram = join(standInDir, "cala-native");

/** Bits of `flags` in a plan, as MONITOR_* in native/container.h. */
export const flags = { tty: 1, stdin: 2, remove: 4, stdinOnce: 8 } as const;

/** Builds the program unless it is newer than its sources. A build that has failed is not tried again by each test, but when a source has changed. */
function buildProgram(): string {
  const native = join(projectDir, "native");
  const own = join(projectDir, "test/native/monitor");
  const pattern = /^(cgroup-file|stand-in|event|handed|health-probe|sys|frame|timestamp|log-.*|state|control-.*|monitor.*|privilege|program-pages|resolver-file|attach.*|logs.*)\.c$/;
  const sources = [...readdirSync(native).filter((name) => pattern.test(name)).map((name) => join(native, name)), join(own, "stand-in.c"), join(own, "units.c")];
  const outDir = standInDir;
  const out = standInProgram;
  const watched = [...sources, ...readdirSync(native).filter((name) => name.endsWith(".h")).map((name) => join(native, name))];
  const isNewer = (made: string): boolean => existsSync(made) && watched.every((path) => statSync(path).mtimeMs < statSync(made).mtimeMs);
  if (isNewer(out)) return outDir;
  const failure = `${out}.failure`;
  if (isNewer(failure)) throw new Error(readFileSync(failure, "utf8"));
  mkdirSync(outDir, { recursive: true });
  const built = spawnSync("gcc", ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-DCLIENT_PATIENCE_MS=500", ...sanitizers, "-o", `${out}.${process.pid}`, ...sources], { encoding: "utf8" });
  if (built.status !== 0) {
    // What a killed or starved compiler could not do says nothing about the sources.
    const text = `the program with sanitizers was not built: ${built.error?.message ?? built.stderr}`;
    if (built.status === 1 && /error:/.test(built.stderr)) writeFileSync(failure, text);
    throw new Error(text);
  }
  rmSync(failure, { force: true });
  renameSync(`${out}.${process.pid}`, out);
  return outDir;
}

/** A plan for the stand-in: `command` is run by a shell of this host. */
export type StandInPlan = Readonly<Record<string, string | number>>;

/** A container that is a shell, in a directory of its own that `dispose` removes. */
export interface StandIn {
  readonly dir: string;
  start(subscribe?: Subscription, window?: WindowSize): SpawnedMonitor;
  /** Starts in the background and waits for the report. */
  startDetached(): void;
  /** Runs an applet of the program on the container. */
  applet(name: string, args?: readonly string[], options?: { readonly input?: string | Buffer; readonly fd?: number }): SpawnSyncReturns<Buffer>;
  appletInBackground(name: string, args: readonly string[], fd?: number): ChildProcess;
  /** Starts it and runs the attach client on the starter's connection. */
  run(input?: string | Buffer, args?: readonly string[]): SpawnSyncReturns<Buffer>;
  state(): MonitorState;
  log(): string;
  /** Kills what is left, and fails if a sanitizer complained. */
  dispose(): void;
}

export function standIn(plan: StandInPlan): StandIn {
  const programDir = buildProgram();
  setProgramDir(programDir);
  const program = join(programDir, "cala-native");
  const dir = mkdtempSync(join(tmpdir(), "cala-monitor-"));
  const complaints = `${dir}.complaints`;
  mkdirSync(complaints);
  process.env["ASAN_OPTIONS"] = `log_path=${complaints}/asan,detect_leaks=0`;
  process.env["UBSAN_OPTIONS"] = `log_path=${complaints}/ubsan,print_stacktrace=1`;
  writeFileSync(join(dir, "plan"), Object.entries({ log: "log", ...plan }).map(([key, value]) => `${key}=${value}\n`).join(""));
  const state = (): MonitorState => JSON.parse(readFileSync(join(dir, "state"), "utf8")) as MonitorState;
  const start = (subscribe?: Subscription, window?: WindowSize): SpawnedMonitor =>
    spawnMonitor({ dir, runtimeDir: dir, ...(subscribe === undefined ? {} : { subscribe }), ...(window === undefined ? {} : { window }) });
  const applet: StandIn["applet"] = (name, args = [], options = {}) =>
    spawnSync(program, [name, dir, ...args], {
      ...(options.input === undefined ? {} : { input: options.input }), timeout: 120_000, maxBuffer: 1 << 28,
      stdio: ["pipe", "pipe", "pipe", ...(options.fd === undefined ? [] : [options.fd])],
    });
  return {
    dir, start, applet, state,
    startDetached() {
      const monitor = start();
      const report = readReport(monitor);
      closeSync(monitor.fd);
      assert.is(report.stage, "started");
    },
    appletInBackground: (name, args, fd) => spawn(program, [name, dir, ...args], { stdio: ["pipe", "pipe", "pipe", ...(fd === undefined ? [] : [fd])] }),
    run(input = "", args = []) {
      const { fd } = start({ stdin: true, stdout: true, stderr: true });
      try {
        return applet("attach", ["--fd", "3", ...args], { input, fd });
      } finally {
        closeSync(fd);
      }
    },
    log: () => readFileSync(join(dir, "log"), "utf8"),
    dispose() {
      const left = existsSync(join(dir, "state")) ? [state().pid, state().monitorPid] : [];
      for (const pid of left) kill(pid);
      // What is being killed may still write.
      for (let rounds = 0; rounds < 3000 && left.some(isOurs); rounds++) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      const said = readdirSync(complaints).map((name) => readFileSync(join(complaints, name), "utf8"));
      rmSync(dir, { recursive: true, force: true });
      rmSync(complaints, { recursive: true, force: true });
      assert.equal(said, []);
    },
  };
}

function isOurs(pid: number): boolean {
  return pid > 1 && processStart(pid) !== undefined && /cala|sh|sleep|cat/.test(readTextIfThere(`/proc/${pid}/comm`) ?? "");
}

function kill(pid: number): void {
  try {
    if (isOurs(pid)) process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** Runs a test body on a stand-in and disposes of it. */
export async function withStandIn(plan: StandInPlan, body: (container: StandIn) => Promise<void> | void): Promise<void> {
  const container = standIn(plan);
  try {
    await body(container);
  } finally {
    container.dispose();
  }
}

/** Looks again and again until a condition holds. */
export async function until(what: string, holds: () => boolean, deadlineMs = 30_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

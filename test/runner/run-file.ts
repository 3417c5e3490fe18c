import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "./outcome.ts";
import type { TestFile } from "./select.ts";

/** A finished test file: its counts, its output and how long it took. */
export interface FileRun {
  readonly file: TestFile;
  readonly outcome: Outcome;
  readonly output: string;
  readonly elapsedMs: number;
}

/** Where the bundles of this run are, and the sources. */
export interface RunPlaces {
  readonly sourceDir: string;
  readonly bundleDir: string;
}

/** Path of a source file's bundle. */
export function bundlePath(places: RunPlaces, path: string): string {
  return join(places.bundleDir, path.replace(/\.ts$/, ".mjs"));
}

/** Runs one bundled test file in its own process group, which is killed as a whole at the deadline. */
export async function runFile(places: RunPlaces, file: TestFile): Promise<FileRun> {
  const started = Date.now();
  const bundle = bundlePath(places, file.path);
  const result = `${bundle}.result`;
  const child = spawn(process.execPath, [bundlePath(places, "test/runner/child.ts"), bundle, result], {
    cwd: places.sourceDir,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: childEnvironment(places),
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => { output += text; });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { output += text; });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killGroup(child.pid);
  }, file.deadlineMs);
  const closed = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const code = await new Promise<number | null>((resolve) => child.on("exit", (status) => resolve(status)));
  clearTimeout(timer);
  killGroup(child.pid);
  // What it said last may not have been read yet; a process that it left behind must not keep the pipe open for ever.
  await Promise.race([closed, new Promise((resolve) => { setTimeout(resolve, 5000).unref(); })]);
  const outcome = late ? undefined : readOutcome(result);
  const note = late ? `\nkilled: longer than ${file.deadlineMs / 1000} s\n` : outcome === undefined ? `\nended with status ${code} before its tests were done\n` : "";
  return { file, outcome: outcome ?? { passed: 0, failed: 1, skipped: 0, skips: [] }, output: output + note, elapsedMs: Date.now() - started };
}

/** The environment of every test: this build, no color, none of the settings that change or slow down Node. */
function childEnvironment(places: RunPlaces): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    CALA_SOURCE_DIR: places.sourceDir,
    CALA_PROGRAM_DIR: process.env["CALA_PROGRAM_DIR"] ?? join(places.sourceDir, "dist"),
    NO_COLOR: "1",
    LC_ALL: "C.UTF-8",
    TZ: "UTC",
  };
  for (const name of ["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "FORCE_COLOR"]) delete env[name];
  return env;
}

function readOutcome(path: string): Outcome | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Outcome;
  } catch {
    return undefined;
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is empty already.
  }
}

/** cala as a user runs it, with a private root for each test file. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportProblem } from "../../runner/problem.ts";
import { asNamespaceRoot } from "./debian.ts";
import { leaksBelow, processIds } from "./leaks.ts";
import { cacheFolder, distDir } from "./places.ts";
import { startPty, type Pty, type PtyOptions } from "./pty.ts";
import { run, type Finished, type SpawnOptions } from "./spawn.ts";
import { waitFor } from "./wait-for.ts";

/** Settings of one call. */
export interface CallOptions extends SpawnOptions {
  /** Added to the private environment; undefined removes a variable. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A private cala: its own images, containers, configuration and home. */
export interface Cala {
  readonly root: string;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs cala to its end. */
  readonly run: (args: readonly string[], options?: CallOptions) => Promise<Finished>;
  /** The same, but a status other than 0 throws; returns standard output without the last newline. */
  readonly ok: (args: readonly string[], options?: CallOptions) => Promise<string>;
  /** The same, but status 0 throws, and so does a standard error that is empty; returns what it was. */
  readonly fails: (args: readonly string[], options?: CallOptions) => Promise<Finished>;
  /** Starts cala and leaves it running. */
  readonly start: (args: readonly string[], options?: CallOptions) => ChildProcess;
  /** Starts cala on a terminal. */
  readonly pty: (args: readonly string[], options?: PtyOptions) => Promise<Pty>;
  /** Writes registries.conf: `address` is asked for short names and may speak plain HTTP. */
  readonly useRegistry: (address: string) => void;
  /** Removes every container, then reports what is left as a failure; call it in `test.after`. */
  readonly close: () => Promise<void>;
}

/** The program under test: a link named `cala` to the native program, as install.sh makes it; CALA_TEST_PROGRAM replaces it. */
function calaProgram(binDir: string): string {
  const replaced = process.env["CALA_TEST_PROGRAM"];
  if (replaced !== undefined) return replaced;
  const link = join(binDir, "cala");
  mkdirSync(binDir, { recursive: true });
  symlinkSync(join(distDir, "cala-native"), link);
  return link;
}

/** Whether cala has been built. */
export function calaIsBuilt(): boolean {
  return process.env["CALA_TEST_PROGRAM"] !== undefined || (existsSync(join(distDir, "cala-native")) && existsSync(join(distDir, "cala.cjs")));
}

function privateEnvironment(root: string, home: string): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    PATH: process.env["PATH"], LANG: "C.UTF-8", TZ: "UTC", HOME: home, USER: process.env["USER"], LOGNAME: process.env["LOGNAME"], TERM: "xterm",
    XDG_RUNTIME_DIR: process.env["XDG_RUNTIME_DIR"], CALA_ROOT: root, CONTAINERS_REGISTRIES_CONF: join(root, "registries.conf"),
    NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"], CALA_NODE: process.env["CALA_NODE"],
    ASAN_OPTIONS: process.env["ASAN_OPTIONS"], UBSAN_OPTIONS: process.env["UBSAN_OPTIONS"],
  };
  return withoutUndefined(env);
}

function withoutUndefined(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined));
}

/** Makes a private cala. `name` shows in the names of its processes and directories. */
export function makeCala(name: string): Cala {
  const root = mkdtempSync(join(cacheFolder("roots"), `${name}-`));
  const home = join(root, "home");
  mkdirSync(home, { mode: 0o700 });
  const before = processIds();
  const program = calaProgram(join(root, "bin"));
  const env = privateEnvironment(root, home);
  const callEnv = (options: CallOptions = {}): NodeJS.ProcessEnv => withoutUndefined({ ...env, ...options.env });
  const call = async (args: readonly string[], options: CallOptions = {}): Promise<Finished> => await run(program, args, { cwd: home, ...options, env: callEnv(options) });
  const cala: Cala = {
    root, home, env, run: call,
    ok: async (args, options) => {
      const finished = await call(args, options);
      if (finished.code !== 0) throw new Error(`cala ${args.join(" ")} ended with ${finished.code}\nstdout: ${finished.stdout}\nstderr: ${finished.stderr}`);
      return finished.stdout.replace(/\n$/, "");
    },
    fails: async (args, options) => {
      const finished = await call(args, options);
      if (finished.code === 0 || finished.stderr.trim() === "") throw new Error(`cala ${args.join(" ")} should have failed with a message\ncode: ${finished.code}\nstdout: ${finished.stdout}\nstderr: ${finished.stderr}`);
      return finished;
    },
    start: (args, options = {}) => spawn(program, [...args], { cwd: options.cwd ?? home, env: callEnv(options), stdio: ["pipe", "pipe", "pipe"] }),
    pty: async (args, options = {}) => await startPty([program, ...args], { ...options, env: callEnv(options), cwd: home }),
    useRegistry: (address) => writeFileSync(join(root, "registries.conf"), registriesConf(address)),
    close: async () => await closeCala(cala, before),
  };
  return cala;
}

/** registries.conf that finds short names at `address`, also those for which the host has an alias to Docker Hub. */
export function registriesConf(address: string): string {
  const insecure = `location = "${address}"\ninsecure = true\n`;
  return `unqualified-search-registries = ["${address}"]\n\n[[registry]]\n${insecure}\n[[registry]]\nprefix = "docker.io/library"\n${insecure}`;
}

/** Removes all containers, looks for leaks, then removes the root, even when it belongs to subordinate ids. */
async function closeCala(cala: Cala, before: ReadonlySet<number>): Promise<void> {
  const removed = await cala.run(["rm", "--force", "--all", "--time", "0"]);
  const problems = removed.code === 0 ? [] : [`rm --force --all ended with ${removed.code}: ${removed.stderr}`];
  const last = { leaks: ["?"] };
  await waitFor("an end of all processes", () => {
    last.leaks = leaksBelow(cala.root, before);
    return last.leaks.length === 0;
  }, 60_000).catch(() => problems.push(...last.leaks));
  for (const leak of last.leaks) killLeak(leak);
  const erased = await run("unshare", [...asNamespaceRoot(), "rm", "-rf", cala.root]);
  if (erased.code !== 0) problems.push(`cannot remove ${cala.root}: ${erased.stderr}`);
  if (problems.length === 0) return;
  reportProblem(`left behind:\n  ${problems.join("\n  ")}`);
}

function killLeak(leak: string): void {
  const pid = Number(/^process (\d+)/.exec(leak)?.[1] ?? "0");
  try {
    if (pid > 0) process.kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

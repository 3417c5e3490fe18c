/** The two engines as the measurements call them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { registriesConf } from "../e2e/harness/cala.ts";
import { cacheFolder, distDir } from "../e2e/harness/places.ts";
import { asNamespaceRoot } from "../e2e/harness/debian.ts";

/** An engine with a private store. */
export interface Engine {
  readonly name: string;
  readonly version: string;
  /** Runs a command to its end; returns milliseconds. @throws Error when it fails */
  readonly time: (...args: readonly string[]) => number;
  readonly output: (...args: readonly string[]) => string;
  /** Like `time`, with standard output thrown away as it comes. */
  readonly drain: (...args: readonly string[]) => number;
  /** Runs several commands at once; returns milliseconds until the last one has ended. @throws Error when one fails */
  readonly together: (commands: readonly (readonly string[])[]) => number;
  /** What its store takes on disk. */
  readonly diskMegabytes: () => number;
  /** Like `time`, and the largest resident size of any process of the command. Needs GNU time. */
  readonly timeWithPeak: (...args: readonly string[]) => { readonly ms: number; readonly megabytes: number };
  readonly close: () => void;
}

/** What both engines get as environment. */
function cleanEnvironment(root: string, registry: string): NodeJS.ProcessEnv {
  const conf = join(root, ".config", "containers", "registries.conf");
  mkdirSync(join(conf, ".."), { recursive: true });
  writeFileSync(conf, registriesConf(registry));
  return {
    HOME: root, PATH: process.env["PATH"], LANG: "C.UTF-8", XDG_RUNTIME_DIR: process.env["XDG_RUNTIME_DIR"], USER: process.env["USER"], LOGNAME: process.env["LOGNAME"],
    CONTAINERS_REGISTRIES_CONF: conf,
  };
}

function engine(name: string, program: string, globals: readonly string[], root: string, env: NodeJS.ProcessEnv, clean: () => void): Engine {
  const run = (command: string, words: readonly string[], stdout: "pipe" | "ignore" = "pipe"): { ms: number; stdout: string } => {
    const started = process.hrtime.bigint();
    const done = spawnSync(command, words, { env, cwd: root, encoding: "utf8", stdio: ["ignore", stdout, "pipe"], maxBuffer: 2 ** 28 });
    const ms = Number(process.hrtime.bigint() - started) / 1e6;
    if (done.status !== 0) throw new Error(`${name} ${words.join(" ")} ended with ${done.status}: ${done.stderr}`);
    return { ms, stdout: done.stdout?.trim() ?? "" };
  };
  const call = (args: readonly string[], stdout?: "ignore"): { ms: number; stdout: string } => run(program, [...globals, ...args], stdout);
  const together = (commands: readonly (readonly string[])[]): number => {
    const lines = commands.map((args) => `{ ${[program, ...globals, ...args].map(quoted).join(" ")} >/dev/null || : >failed; } &`);
    return run("sh", ["-c", `rm -f failed\n${lines.join("\n")}\nwait\n[ ! -e failed ]`]).ms;
  };
  const diskMegabytes = (): number => Number(/^\d+/.exec(run("unshare", [...asNamespaceRoot(), "du", "-s", "-k", root]).stdout)?.[0] ?? "0") / 1024;
  const timeWithPeak = (...args: readonly string[]): { readonly ms: number; readonly megabytes: number } => {
    const note = join(root, "peak");
    const { ms } = run("/usr/bin/time", ["-f", "%M", "-o", note, program, ...globals, ...args]);
    return { ms, megabytes: Number(readFileSync(note, "utf8")) / 1024 };
  };
  const version = spawnSync(program, ["--version"], { env, encoding: "utf8" }).stdout?.trim() ?? "";
  return { name, version, time: (...args) => call(args).ms, output: (...args) => call(args).stdout, drain: (...args) => call(args, "ignore").ms, together, diskMegabytes, timeWithPeak, close: clean };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

function freshRoot(name: string): string {
  const root = cacheFolder("bench", name);
  eraseRoot(root);
  mkdirSync(root, { recursive: true });
  return root;
}

function eraseRoot(root: string): void {
  spawnSync("unshare", [...asNamespaceRoot(), "rm", "-rf", root]);
  rmSync(root, { recursive: true, force: true });
}

/** cala from this build. */
export function calaEngine(registry: string): Engine {
  const root = freshRoot("cala");
  const env: NodeJS.ProcessEnv = { ...cleanEnvironment(root, registry), CALA_ROOT: root };
  const program = process.env["CALA_TEST_PROGRAM"] ?? join(root, "cala");
  if (process.env["CALA_TEST_PROGRAM"] === undefined) symlinkSync(join(distDir, "cala-native"), program);
  return engine("cala", program, [], root, env, () => {
    spawnSync(program, ["rm", "-f", "-a", "-t", "0"], { env, cwd: root });
    eraseRoot(root);
  });
}

/** podman with crun and overlay, as installed on this machine. */
export function podmanEngine(registry: string): Engine {
  const root = freshRoot("podman");
  // podman refuses a run root of more than 50 characters.
  const runRoot = join(process.env["XDG_RUNTIME_DIR"] ?? root, "bench-podman");
  const env = cleanEnvironment(root, registry);
  const globals = ["--root", join(root, "store"), "--runroot", runRoot, "--tmpdir", join(root, "tmp"), "--storage-driver", "overlay", "--runtime", "crun", "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--log-level", "error"];
  return engine("podman", "podman", globals, root, env, () => {
    spawnSync("podman", [...globals, "rm", "-f", "-a", "-t", "0"], { env, cwd: root });
    spawnSync("podman", [...globals, "system", "migrate"], { env, cwd: root }); // ends its pause process
    eraseRoot(runRoot);
    eraseRoot(root);
  });
}

/** skopeo, which copies images without unpacking them. */
export interface Skopeo {
  /** Copies what the registry has under a short name, or from one place to another; milliseconds. The target is removed afterwards. */
  readonly copy: (from: string, to: "oci" | "docker-archive") => number;
  /** An image of the registry as a source. */
  readonly source: (image: string) => string;
  /** An image as an OCI layout beside, made by the first that needs it. */
  readonly layout: (image: string) => string;
  readonly close: () => void;
}

/** skopeo as installed on this machine, with a directory of its own. */
export function skopeoEngine(registry: string): Skopeo {
  const root = freshRoot("skopeo");
  const run = (from: string, to: string): number => {
    const started = process.hrtime.bigint();
    const done = spawnSync("skopeo", ["--insecure-policy", "copy", "-q", "--src-tls-verify=false", from, to], { cwd: root, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
    if (done.status !== 0) throw new Error(`skopeo copy ${from} ${to} ended with ${done.status}: ${done.stderr}`);
    return Number(process.hrtime.bigint() - started) / 1e6;
  };
  const source = (image: string): string => `docker://${registry}/${image}`;
  const layouts = new Set<string>();
  return {
    source,
    copy: (from, to) => {
      const target = join(root, "target");
      const ms = run(from, to === "oci" ? `oci:${target}` : `docker-archive:${target}:copied:latest`);
      rmSync(target, { recursive: true, force: true });
      return ms;
    },
    layout: (image) => {
      const place = `oci:${join(root, `${image}-layout`)}`;
      if (!layouts.has(image)) run(source(image), place);
      layouts.add(image);
      return place;
    },
    close: () => eraseRoot(root),
  };
}

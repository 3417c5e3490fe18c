import { mkdirSync, accessSync, constants, statSync } from "node:fs";
import { join, resolve } from "node:path";
import envPaths from "env-paths";
import { CalaError, reasonOf } from "../base/error.ts";

/** The per-user roots below which everything that cala keeps lives. All absolute. */
export interface Dirs {
  readonly config: string;
  readonly data: string;
  readonly state: string;
  readonly cache: string;
  /** Lost at reboot or logout; only what may be lost. */
  readonly runtime: string;
  /** Data directories of further stores, whose images are used and never changed. */
  readonly imageStores?: readonly string[];
  /** What happens is noted nowhere. */
  readonly withoutEvents?: boolean;
}

/** Environment variables, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The XDG directories of this user; `CALA_ROOT` (or `--root`) moves all of them below one directory.
 * Sources: XDG Base Directory Specification 0.8; env-paths knows no runtime directory.
 */
export function resolveDirs(env: Environment = process.env, root: string | undefined = env["CALA_ROOT"]): Dirs {
  const dirs = rootsOf(env, root);
  return env["CALA_EVENTS"] === "none" ? { ...dirs, withoutEvents: true } : dirs;
}

function rootsOf(env: Environment, root: string | undefined): Dirs {
  if (root !== undefined && root !== "") {
    root = resolve(root);
    return { config: join(root, "config"), data: join(root, "data"), state: join(root, "state"), cache: join(root, "cache"), runtime: runroot(env) ?? join(root, "run") };
  }
  const paths = envPaths("cala", { suffix: "" });
  return { config: paths.config, data: paths.data, state: paths.log, cache: paths.cache, runtime: runroot(env) ?? runtimeDir(env, paths.data) };
}

/** `CALA_RUNROOT` (or `--runroot`) moves the runtime directory alone. */
function runroot(env: Environment): string | undefined {
  const dir = env["CALA_RUNROOT"];
  return dir === undefined || dir === "" ? undefined : resolve(dir);
}

/** `$XDG_RUNTIME_DIR/cala` where that is usable, else a directory beside the data: cron, su and CI jobs have none. */
function runtimeDir(env: Environment, data: string): string {
  const base = env["XDG_RUNTIME_DIR"];
  if (base !== undefined && base.startsWith("/") && isOwnWritableDirectory(base)) return join(base, "cala");
  return join(data, "run");
}

function isOwnWritableDirectory(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return statSync(path).uid === process.getuid?.();
  } catch {
    return false;
  }
}

/** Makes a directory with its parents, for this user alone. @throws CalaError `directory-unusable` */
export function ensureDir(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  } catch (error) {
    throw new CalaError("directory-unusable", `cannot make the directory "${path}": ${reasonOf(error)}`, { cause: error, hint: "set CALA_ROOT to a directory that you can write to" });
  }
}

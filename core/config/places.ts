/** Where the field's own configuration files are, for an ordinary user. */
import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { isErrno } from "../base/error.ts";
import type { Environment } from "../dirs/dirs.ts";

/** The home directory; `HOME` wins, as in every other tool. */
export function homeOf(env: Environment): string {
  return env["HOME"] !== undefined && env["HOME"] !== "" ? env["HOME"] : homedir();
}

/** `~/.config/containers` or below XDG_CONFIG_HOME. */
export function userContainersDir(env: Environment): string {
  const base = env["XDG_CONFIG_HOME"];
  return join(base !== undefined && base !== "" ? base : join(homeOf(env), ".config"), "containers");
}

/** Where administrators keep the same files. */
export const systemContainersDir = "/etc/containers";

/** Names in a directory in order; none when it is missing or closed to us. */
export function listDir(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES", "EPERM")) return [];
    throw error;
  }
}

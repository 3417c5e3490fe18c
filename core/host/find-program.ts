/** Where a host program is: PATH, then the system directories that an ordinary user's PATH leaves out on Debian. */
import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "../dirs/dirs.ts";

const systemDirs = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/local/sbin"];
const found = new Map<string, string | undefined>();

/** Absolute path of an executable, or undefined; remembered for the life of the process. */
export function findProgram(name: string, env: Environment = process.env): string | undefined {
  const path = env["PATH"] ?? "";
  const key = `${name}\0${path}`;
  if (!found.has(key)) found.set(key, searchDirs(name, [...path.split(":"), ...systemDirs]));
  return found.get(key);
}

function searchDirs(name: string, dirs: readonly string[]): string | undefined {
  const dir = dirs.find((each) => each.startsWith("/") && isExecutable(join(each, name)));
  return dir === undefined ? undefined : join(dir, name);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** What a host program says of its version: asked once for each file, kept in the cache directory. */
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import type { Dirs, Environment } from "../dirs/dirs.ts";
import { toolVersionsFile } from "../dirs/paths.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { findProgram } from "./find-program.ts";
import type { HostTool } from "./tools.ts";

interface KnownVersion {
  /** Changes when the program is replaced. */
  readonly key: string;
  readonly text: string;
}

/** All that the program prints for `versionArgs`; empty where it is not installed, or says nothing. What was killed on the way is asked again. */
export function toolVersion(tool: HostTool, dirs: Dirs, env: Environment): string {
  const path = findProgram(tool.name, env);
  if (path === undefined || tool.versionArgs === undefined) return "";
  const { ino, size, mtimeMs, ctimeMs } = statSync(path);
  const key = [ino, size, mtimeMs, ctimeMs].join(" ");
  const known = knownVersions(dirs);
  if (known[path]?.key === key) return known[path].text;
  const { stdout, status } = spawnSync(path, tool.versionArgs, { encoding: "utf8", timeout: 10_000, stdio: ["ignore", "pipe", "ignore"] });
  const text = stdout ?? "";
  if (status === null) return text;
  try {
    writeJson(toolVersionsFile(dirs), { ...known, [path]: { key, text } });
  } catch {
    // Asked again the next time.
  }
  return text;
}

function knownVersions(dirs: Dirs): Readonly<Record<string, KnownVersion>> {
  try {
    return readJsonIfThere<Readonly<Record<string, KnownVersion>>>(toolVersionsFile(dirs)) ?? {};
  } catch {
    return {};
  }
}

/** Host programs that cala can use: probed, never assumed. A network mode or storage driver describes its own. */
import { execFile } from "node:child_process";
import type { Environment } from "../dirs/dirs.ts";
import { findProgram } from "./find-program.ts";

/** A program of the host, in words for the user. */
export interface HostTool {
  readonly name: string;
  /** What does not work without it. */
  readonly cost: string;
  /** Package that has it, by package manager; `""`: everywhere else. */
  readonly packages: Readonly<Record<string, string>>;
  /** Arguments that make it print its version; absent: it has none. */
  readonly versionArgs?: readonly string[];
}

/** Whether a tool is here. */
export interface ToolState {
  readonly tool: HostTool;
  /** Absent: not installed. */
  readonly path?: string;
  /** First line of what it says of itself; only from `probeTool`. */
  readonly version?: string;
}

/** The programs that no mode or driver owns, in the order in which a user should care. */
export const identityTools: readonly HostTool[] = [
  { name: "newuidmap", cost: "containers have a single user id", packages: { "": "shadow-utils", apt: "uidmap", apk: "shadow-uidmap", pacman: "shadow", zypper: "shadow" } },
  { name: "newgidmap", cost: "containers have a single group id", packages: { "": "shadow-utils", apt: "uidmap", apk: "shadow-uidmap", pacman: "shadow", zypper: "shadow" } },
];

/** Saves processes to disk and brings them back. */
export const criuTool: HostTool = { name: "criu", cost: "containers cannot be checkpointed and restored", packages: { "": "criu" }, versionArgs: ["--version"] };

/** Where a tool is; costs a few stat calls, runs nothing. */
export function locateTool(tool: HostTool, env: Environment = process.env): ToolState {
  const path = findProgram(tool.name, env);
  return path === undefined ? { tool } : { tool, path };
}

/** Where a tool is and what version it claims; runs it once. */
export async function probeTool(tool: HostTool, env: Environment = process.env): Promise<ToolState> {
  const state = locateTool(tool, env);
  if (state.path === undefined || tool.versionArgs === undefined) return state;
  const version = await firstLine(state.path, tool.versionArgs);
  return version === undefined ? state : { ...state, version };
}

/** The command that installs a tool on this host, as far as its package manager is known. */
export function installCommand(tool: HostTool, env: Environment = process.env): string {
  const packageOf = (manager: string): string => tool.packages[manager] ?? tool.packages[""] ?? tool.name;
  for (const [program, words] of managers) {
    if (findProgram(program, env) !== undefined) return `sudo ${words} ${packageOf(words.split(" ")[0]?.replace("-get", "") ?? "")}`;
  }
  return `install the package ${packageOf("")}`;
}

const managers: readonly (readonly [string, string])[] = [
  ["apt-get", "apt-get install -y"], ["dnf", "dnf install -y"], ["apk", "apk add"], ["pacman", "pacman -S --noconfirm"], ["zypper", "zypper install -y"],
];

function firstLine(path: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(path, args, { timeout: 3000, encoding: "utf8" }, (_error, stdout, stderr) => {
      const line = `${stdout}\n${stderr}`.split("\n").map((text) => text.trim()).find((text) => text !== "");
      resolve(line);
    });
  });
}

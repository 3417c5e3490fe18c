/** CRIU, as this host has it: what it is, what it may do, and exactly what is missing where it cannot save or bring back a container. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { findProgram } from "../host/find-program.ts";
import { criuTool, installCommand } from "../host/tools.ts";
import { readXattr } from "../sys/getxattr.ts";

/** From here on CRIU works as the root of a user namespace, which is where it brings processes back (--unprivileged), and can leave the network alone (--network-lock skip). */
const oldest = [3, 19] as const;

/**
 * What the host must allow to whoever saves processes, by bit (linux/capability.h). The kernel suspends a filter of system calls and shows
 * mapped files to nobody else (PTRACE_O_SUSPEND_SECCOMP, /proc/PID/map_files); no capability of a user namespace counts for that. The others
 * let CRIU enter the container's namespaces and read what belongs to its users. Tried out one by one with CRIU 4.2.
 */
const needed: readonly (readonly [name: string, bit: number])[] = [["cap_dac_read_search", 2], ["cap_setgid", 6], ["cap_sys_chroot", 18], ["cap_sys_admin", 21]];

/** What was found out. */
export interface CriuFacts {
  readonly path?: string;
  readonly version?: string;
  /** Capabilities that it would have to have to save, and would not. */
  readonly lacks: readonly string[];
  /** We are in a user namespace already: no capability of ours is the host's. */
  readonly isNested: boolean;
  /** The last error of `criu check`; absent: it is content, or was not asked. */
  readonly complaint?: string;
}

/** What is to be done. */
export type CriuAction = "checkpoint" | "restore";

/** Looks at the host for one action, step by step: what a missing thing makes pointless is not asked. */
export async function askCriu(engine: Engine, action: CriuAction): Promise<CriuFacts> {
  const isNested = !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync("/proc/self/uid_map", "utf8"));
  const path = findProgram(criuTool.name, engine.env);
  if (path === undefined) return { lacks: [], isNested };
  const version = /Version:\s*(\S+)/.exec((await runCriu(path, ["--version"])).text)?.[1] ?? "";
  const lacks = action === "restore" ? [] : missingCapabilities(capabilitiesOf(path));
  if (!isRecent(version) || action === "restore" || lacks.length > 0 || isNested) return { path, version, lacks, isNested };
  const check = await runCriu(path, ["check", "--unprivileged", "--no-default-config"]);
  return { path, version, lacks, isNested, ...(check.code === 0 ? {} : { complaint: lastErrors(check.text) ?? `criu check ended with ${check.code}` }) };
}

/** Whether this version works as the root of a user namespace. */
export function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/** Names of what is needed for saving and is not among these bits. */
export function missingCapabilities(bits: bigint): string[] {
  return needed.filter(([, bit]) => (bits >> BigInt(bit) & 1n) === 0n).map(([name]) => name);
}

/** What a program would have when we execute it: what we hand on (root's launcher does), and what its file gives (capabilities(7)). */
function capabilitiesOf(path: string): bigint {
  const status = readFileSync("/proc/self/status", "utf8");
  const bits = (field: string): bigint => BigInt(`0x${new RegExp(`^${field}:\\s*([0-9a-f]+)$`, "m").exec(status)?.[1] ?? "0"}`);
  return process.geteuid?.() === 0 ? bits("CapBnd") : bits("CapAmb") | fileCapabilities(readXattr(path, "security.capability"));
}

/** The permitted set of a file: struct vfs_cap_data, whose effective flag must be set for a program that does not raise them itself. */
export function fileCapabilities(attribute: Buffer | undefined): bigint {
  if (attribute === undefined || attribute.length < 20 || (attribute.readUInt8(0) & 1) === 0) return 0n;
  return BigInt(attribute.readUInt32LE(4)) | BigInt(attribute.readUInt32LE(12)) << 32n;
}

/** The error that names the first thing that is missing; undefined: nothing is. */
export function criuRefusal(facts: CriuFacts, action: CriuAction, env: Engine["env"]): CalaError | undefined {
  const refuse = (reason: string, hint: string): CalaError => new CalaError(`${action}-unavailable`, `cannot ${action} containers: ${reason}`, { hint });
  const instead = "cala pause NAME keeps it as it is in memory; cala container snapshot NAME and cala commit NAME keep its files";
  if (facts.path === undefined) return refuse("CRIU is not installed", installCommand(criuTool, env));
  if (!isRecent(facts.version ?? "")) return refuse(`CRIU ${facts.version ?? ""} cannot bring processes back in a user namespace, ${oldest.join(".")} and newer can`, `install a newer one as "criu"; ${instead}`);
  if (action === "restore") return undefined;
  if (facts.isNested) return refuse("this is a user namespace, and the kernel shows what is to be saved to the host's root only", `do it on the host; ${instead}`);
  if (facts.lacks.length > 0) {
    return refuse(`the kernel shows a container's memory map and its filter of system calls only to programs with capabilities of the host, and ${facts.path} would lack ${facts.lacks.join(", ")}`,
      `run the container with root's cala, which has them for that; or sudo setcap ${needed.map(([name]) => name).join(",")}+ep ${facts.path}, which makes everybody who may execute it as good as root`);
  }
  return facts.complaint === undefined ? undefined : refuse(`CRIU ${facts.version ?? ""} does not work with this kernel: ${facts.complaint}`, `criu check --all says more; ${instead}`);
}

/** CRIU's reason: the last errors of its log, without times and places in its source; undefined where there is none. */
export function lastErrors(log: string, count = 3): string | undefined {
  const errors = log.split("\n").filter((line) => line.includes("Error ("));
  const reasons = errors.map((line) => line.replace(/^.*?Error \([^)]*\):\s*/, "").trim()).filter((text) => text !== "" && !/(FAILED\.|RLIMIT_NOFILE for self.*)$/.test(text));
  return reasons.length === 0 ? undefined : reasons.slice(-count).join("; ");
}

/** The same of a file that may be missing; `said` is what it printed instead. */
export function errorsInLog(path: string, said = ""): string {
  return lastErrors(readTextIfThere(path) ?? "") ?? lastErrors(said) ?? `it gives no reason in ${path}`;
}

/** What CRIU, and the programs that it runs, see of an environment: the way to programs of the system. */
export function criuEnvironment(env: Engine["env"]): Readonly<Record<string, string>> {
  return { PATH: [env["PATH"], "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"].filter((place) => place !== undefined && place !== "").join(":"), LC_ALL: "C" };
}

/** Runs CRIU to its end. */
export function runCriu(path: string, args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve) => {
    // Neither a cache nor a configuration of the user's: what another set of capabilities found out does not hold.
    execFile(path, args, { encoding: "utf8", env: criuEnvironment(process.env), maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, text: `${stdout}\n${stderr}` });
    });
  });
}

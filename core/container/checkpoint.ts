/** Why a container cannot be saved with CRIU or brought back here: found out step by step, so that the first thing that is missing is named. */
import { execFile } from "node:child_process";
import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { findProgram } from "../host/find-program.ts";
import { installCommand, type HostTool } from "../host/tools.ts";

const criu: HostTool = { name: "criu", cost: "containers cannot be saved to disk and brought back", packages: { "": "criu" }, versionArgs: ["--version"] };
/** CRIU knows callers without root from here on. */
const unprivilegedSince = [3, 18] as const;

/** What CRIU says of itself and of this host. */
export interface CriuFacts {
  readonly path?: string;
  readonly version?: string;
  /** The last error of `criu check`; absent: it is content. */
  readonly complaint?: string;
}

/** Asks CRIU. */
export async function askCriu(engine: Engine): Promise<CriuFacts> {
  const path = findProgram(criu.name, engine.env);
  if (path === undefined) return {};
  const version = /Version:\s*(\S+)/.exec((await output(path, ["--version"])).text)?.[1] ?? "";
  const isNew = knowsUnprivileged(version);
  const check = await output(path, isNew ? ["check", "--unprivileged"] : ["check"]);
  const complaint = check.text.split("\n").filter((line) => line.includes("Error") || line.includes("need")).at(-1)?.trim();
  return { path, version, ...(check.code === 0 ? {} : { complaint: complaint ?? `criu check ended with ${check.code}` }) };
}

/** Whether this version can serve an ordinary user at all. */
export function knowsUnprivileged(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > unprivilegedSince[0] || (major === unprivilegedSince[0] && minor >= unprivilegedSince[1]);
}

/** True of every version: what makes up a rootless container is not saved, and the kernel opens /proc/PID/map_files to the host's capability only. */
const always = "no version saves a container's user namespace within another one and the mounts in it (CRIU issue 3057)";

/**
 * The error that says exactly what is missing: the first thing that would have to be mended here, and what no mending helps. The hint is
 * what can be had instead, for following the first would only lead to the second.
 */
export function checkpointRefusal(facts: CriuFacts, action: "checkpoint" | "restore", env: Engine["env"]): CalaError {
  const refuse = (reason: string): CalaError => new CalaError("checkpoint-unavailable", `cannot ${action} containers: ${reason}${always}`, { hint: "cala pause NAME keeps it as it is in memory; cala container snapshot NAME and cala commit NAME keep its files" });
  if (facts.path === undefined) return refuse(`CRIU is not installed (${installCommand(criu, env)}), and `);
  if (!knowsUnprivileged(facts.version ?? "")) return refuse(`CRIU ${facts.version ?? ""} works for root only, ordinary users need ${unprivilegedSince.join(".")} or newer, and `);
  if (facts.complaint !== undefined) return refuse(`CRIU does not work here: ${facts.complaint} (sudo setcap cap_checkpoint_restore+eip ${facts.path}), and `);
  return refuse(`CRIU ${facts.version ?? ""} works here, but `);
}

function output(path: string, args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve) => {
    execFile(path, args, { timeout: 10_000, encoding: "utf8" }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : 1, text: `${stdout}\n${stderr}` }));
  });
}

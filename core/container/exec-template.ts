/**
 * The plans of execs to come: those that ask for nothing but a command, perhaps on a terminal, differ in pids and words only. They are
 * compiled once, at the launch, and completed by native/exec-template.c, so that a plain exec starts no Node.
 */
import { readFileSync, rmSync } from "node:fs";
import { isErrno } from "../base/error.ts";
import { containerFiles } from "../dirs/paths.ts";
import { writeAtomic } from "../fs/write-atomic.ts";
import type { RuntimeProcess } from "../oci/runtime-config.ts";
import { compileExec, type ExecTarget } from "../plan/compile.ts";
import type { PlanOrigin } from "../plan/origin.ts";
import { execProcess, groupsOf } from "./exec-process.ts";
import type { ContainerRecord } from "./record.ts";
import { secretVariables } from "./secrets.ts";

/** What the launch has decided. */
export type TemplateLaunch = Pick<ExecTarget, "namespaces" | "cgroupPaths" | "events" | "translation" | "config"> & { readonly seccompFilter?: Uint8Array };

/** Pids that the native program fills in: of the monitor in the first join, of the container's first process in the others. */
export const openPids = { pid: 0, pidStart: 0, monitorPid: 0, monitorStart: 0 };

/** By whether the exec has a terminal. */
type Origins = Readonly<Record<"plain" | "terminal", PlanOrigin>>;

/**
 * Writes `containers/ID/exec-plan`: a plan without a terminal, one with, and the JSON of their origins. Removes it where each exec needs
 * Node: to come near the control groups, to read a profile that may have changed, to end with a container that has no namespaces.
 */
export function writeExecTemplate(dir: string, record: ContainerRecord, own: RuntimeProcess, launch: TemplateLaunch): void {
  const file = containerFiles.execPlan(dir);
  if (launch.translation !== undefined || launch.cgroupPaths.length > 0 || !["default", "unconfined"].includes(record.request.security.seccomp)) {
    rmSync(file, { force: true });
    return;
  }
  const [plain, terminal] = [false, true].map((isTerminal) => {
    const process = execProcess(own, record, { command: [], env: [], terminal: isTerminal, privileged: false });
    return compileExec(process, { ...launch, ...openPids, init: false, ...groupsOf(record), secretVariables: secretVariables(record) });
  }) as [ReturnType<typeof compileExec>, ReturnType<typeof compileExec>];
  const origins: Origins = { plain: plain.origin, terminal: terminal.origin };
  writeAtomic(file, Buffer.concat([plain.bytes, terminal.bytes, Buffer.from(JSON.stringify(origins))]));
}

/** The origin of a plan that was completed natively, as JSON, from its `plain` or `terminal` and the word that was to be run. */
export function templateOrigin(dir: string, kind: string, program: string): string {
  const bytes = readTemplate(dir);
  if (bytes === undefined) return JSON.stringify({ ops: [] } satisfies PlanOrigin);
  const sizeAt = 12;
  const first = bytes.readUInt32LE(sizeAt);
  const origins = JSON.parse(bytes.toString("utf8", first + bytes.readUInt32LE(first + sizeAt))) as Origins;
  const { ops } = kind === "terminal" ? origins.terminal : origins.plain;
  return JSON.stringify({ ops: ops.map((each) => (each.op === "exec" ? { ...each, from: `process.args ("${program}")` } : each)) } satisfies PlanOrigin);
}

/** Undefined when the container has been removed meanwhile, as one with `--rm` is at its end. */
function readTemplate(dir: string): Buffer | undefined {
  try {
    return readFileSync(containerFiles.execPlan(dir));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

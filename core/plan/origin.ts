/** From an op's index back to the config: C reports numbers, people get sentences. */
import { userInfo } from "node:os";
import { getSystemErrorMap } from "node:util";
import { CalaError } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { coveredProcFix, coversOfProc } from "../host/covered-proc.ts";
import type { OpName, PlanOp } from "./ops.ts";

/** By op index: the op's name and the field it came from. */
export interface PlanOrigin {
  readonly ops: readonly { readonly op: OpName; readonly from: string }[];
}

/** enum report_stage of native/container.h. */
export const reportStages = { started: 0, plan: 1, userns: 2, host: 3, clone: 4, setup: 5, enter: 6, helper: 7, monitor: 8 } as const;

/** What C says of a failed start. */
export interface LaunchReport {
  readonly stage: number;
  readonly opIndex: number;
  /** Positive errno. */
  readonly errno: number;
  readonly text: string;
}

/** The origin of a plan's ops, in their order. */
export function originOf(planOps: readonly PlanOp[]): PlanOrigin {
  return { ops: planOps.map((planOp) => ({ op: planOp.name, from: planOp.origin })) };
}

/** The kernel's words for an errno: `no such file or directory`. */
export function errnoWords(errno: number): string {
  return getSystemErrorMap().get(-errno)?.[1] ?? `error ${errno}`;
}

const EPERM = 1;
const ENOENT = 2;
const ESRCH = 3;
const ENOEXEC = 8;
const EACCES = 13;

/**
 * The error for a user. `name` is the container's name or id; `purpose`, what was tried there.
 * Exit code 127: the command does not exist; 126: it cannot be executed; 125: everything else.
 */
export function explainReport(report: LaunchReport, origin: PlanOrigin | undefined, name: string, purpose: "start" | "exec" = "start"): CalaError {
  const failed = purpose === "start" ? `cannot start container "${name}"` : `cannot exec in container "${name}"`;
  const source = report.stage === reportStages.plan ? undefined : origin?.ops[report.opIndex];
  const said = report.text === "" ? "" : `${report.text}: `;
  const reason = `${said}${errnoWords(report.errno)}`;
  switch (report.stage) {
    case reportStages.plan:
      return new CalaError("plan-refused", `${failed}: its launch plan is damaged at byte ${report.opIndex}: ${report.text}`, { hint: `cala rm ${name}, and create it again` });
    case reportStages.userns:
      return new CalaError("user-namespace-refused", `${failed}: ${reason}`, { hint: "cala info" });
    case reportStages.helper:
      return new CalaError("helper-failed", `${failed}: ${report.text === "" ? reason : report.text}`);
    case reportStages.clone:
      return new CalaError("namespaces-refused", `${failed}: ${report.errno === ESRCH ? "the container is not running" : reason}`);
    case reportStages.enter:
      if (source?.op === "exec") return explainExec(report, source.from, name);
      if (isWorkingDirectory(source)) return explainDirectory(source, reason, failed);
      if (source?.op === "user" && report.errno === ESRCH) return new CalaError("user-unknown", `${failed}: ${report.text}`, { exitCode: 126 });
      return fromField(failed, source, reason);
    default:
      return isWorkingDirectory(source) ? explainDirectory(source, reason, failed) : fromField(failed, source, reason);
  }
}

function isWorkingDirectory(source: PlanOrigin["ops"][number] | undefined): boolean {
  return source?.from.startsWith("process.cwd ") === true;
}

/** podman's exit code, too. */
function explainDirectory(source: PlanOrigin["ops"][number] | undefined, reason: string, failed: string): CalaError {
  const path = /\((".*")\)$/s.exec(source?.from ?? "")?.[1] ?? "";
  return new CalaError("working-directory-unusable", `${failed}: the working directory ${path} cannot be used: ${reason}`, { exitCode: 126 });
}

function fromField(failed: string, source: PlanOrigin["ops"][number] | undefined, reason: string): CalaError {
  if (source?.op === "cgroup-write") return new CalaError("limit-refused", `${failed}: the kernel refuses ${source.from}: ${reason}`);
  const covers = isNewProc(source) && reason === errnoWords(EPERM) ? coversOfProc(readTextIfThere("/proc/self/mountinfo") ?? "") : [];
  if (covers.length > 0) return new CalaError("proc-covered", `${failed}: the kernel gives no new /proc, for parts of the present one are covered: ${covers.join(", ")}`, { hint: coveredProcFix });
  const place = source === undefined ? "" : `${source.op} for ${source.from}: `;
  return new CalaError("container-start-failed", `${failed}: ${place}${reason}`, hintOf(source, reason));
}

function isNewProc(source: PlanOrigin["ops"][number] | undefined): boolean {
  return source?.op === "mount-filesystem" && source.from.endsWith('("/proc")');
}

/** Root's containers belong to another account, which may be unable to enter a directory of root's. */
function hintOf(source: PlanOrigin["ops"][number] | undefined, reason: string): { readonly hint?: string } {
  if (source?.op === "sysctl" && reason.startsWith("something is mounted over")) return { hint: coveredProcFix };
  const path = source?.op === "mount-bind" ? /^source: (\/.*): permission denied$/s.exec(reason)?.[1] : undefined;
  return path === undefined ? {} : { hint: `namei -l ${path} shows who may enter it; containers run as the user "${userInfo().username}"` };
}

function explainExec(report: LaunchReport, from: string, name: string): CalaError {
  const program = /\("(.*)"\)$/s.exec(from)?.[1] ?? "";
  const what = `cannot run "${program}" in container "${name}"`;
  if (report.errno === ENOENT) return new CalaError("command-not-found", `${what}: ${report.text === "" ? "no such file, in the image or on its PATH" : report.text}`, { exitCode: 127 });
  if (report.errno !== ENOEXEC && report.text !== "") return new CalaError("command-not-executable", `${what}: ${report.text}: ${errnoWords(report.errno)}`, { exitCode: 126 });
  if (report.errno === EACCES) return new CalaError("command-not-executable", `${what}: permission denied; it is a directory or not executable`, { exitCode: 126 });
  if (report.errno === ENOEXEC) return new CalaError("command-not-executable", `${what}: the file is a program for another architecture, or a script without "#!"`, { exitCode: 126 });
  return new CalaError("command-not-executable", `${what}: ${errnoWords(report.errno)}`, { exitCode: 126 });
}

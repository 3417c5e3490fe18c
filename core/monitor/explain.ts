import { basename } from "node:path";
import type { CalaError } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import { containerFiles } from "../dirs/paths.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { explainReport as explainLaunch, reportStages as stageNumbers, type PlanOrigin } from "../plan/origin.ts";
import { reportStages, type StartReport } from "./report.ts";

/**
 * The error for a start that failed, from the monitor's report and what the container's directory knows of its plan.
 * `execOrigin` is the JSON of an exec plan's origin, which is in no file.
 * Its exit code is 127 for a command that does not exist, 126 for one that cannot be executed, else 125.
 */
export function explainReport(dir: string, report: StartReport, execOrigin?: string): CalaError {
  const origin = execOrigin === undefined ? readJsonIfThere<PlanOrigin>(containerFiles.origin(dir)) : JSON.parse(execOrigin) as PlanOrigin;
  return explainLaunch({ stage: stageNumbers[report.stage], opIndex: report.opIndex, errno: report.errno, text: report.text }, origin, containerName(dir), execOrigin === undefined ? "start" : "exec");
}

/** A report from the words that the native program passes on: stage, op index, errno and text. */
export function reportFromWords(stage: string, opIndex: string, errno: string, text: string): StartReport {
  return { stage: reportStages[Number(stage)] ?? "monitor", opIndex: Number(opIndex), errno: Number(errno), pid: 0, text };
}

function containerName(dir: string): string {
  return readJsonIfThere<{ readonly name?: string }>(containerFiles.record(dir))?.name ?? shortId(basename(dir));
}

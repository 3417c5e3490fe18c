import { CalaError } from "../base/error.ts";
import { nativeProgram } from "../dirs/program.ts";
import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { execve } from "../sys/execve.ts";
import type { ContainerRecord } from "./record.ts";

/** Which part of a log to print, and how. Times are milliseconds since 1970. */
export interface LogsRequest {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly names: boolean;
  /** Lines; undefined is all. */
  readonly tail: number | undefined;
  readonly sinceMs?: number;
  readonly untilMs?: number;
}

/** The number of lines of `--tail`; `all` and negative numbers mean all. @throws CalaError `tail-invalid` */
export function parseTail(text: string): number | undefined {
  if (text === "all" || /^-\d+$/.test(text)) return undefined;
  if (!/^\d+$/.test(text)) throw new CalaError("tail-invalid", `"${text}" is not a number of lines`, { hint: "use a whole number, or all" });
  return Number(text);
}

/** Arguments of the native `logs` applet. */
export function logsArguments(dir: string, record: ContainerRecord, request: LogsRequest): string[] {
  return [
    "logs", dir,
    ...(request.follow ? ["--follow"] : []),
    ...(request.timestamps ? ["--timestamps"] : []),
    ...(request.names ? ["--names", record.name] : []),
    ...(request.tail === undefined ? [] : ["--tail", String(request.tail)]),
    ...(request.sinceMs === undefined ? [] : ["--since", nanoseconds(request.sinceMs)]),
    ...(request.untilMs === undefined ? [] : ["--until", nanoseconds(request.untilMs)]),
  ];
}

/** The native program that prints a container's log, and its arguments. @throws CalaError `log-missing` when the log driver keeps none */
export function logsCommand(engine: Engine, record: ContainerRecord, request: LogsRequest): string[] {
  const driver = record.request.logDriver ?? "json-file";
  if (driver === "none" || driver === "passthrough") {
    throw new CalaError("log-missing", `this container is using the "${driver}" log driver, cannot read logs`, { hint: "create the container with --log-driver json-file" });
  }
  return [nativeProgram(), ...logsArguments(containerDir(engine.dirs, record.id), record, request)];
}

/**
 * Becomes the native program that prints a container's log: no Node stays behind a `logs --follow`.
 * @throws CalaError `log-missing` when the container's log driver keeps none
 */
export function becomeLogs(engine: Engine, record: ContainerRecord, request: LogsRequest): never {
  const [program = nativeProgram(), ...words] = logsCommand(engine, record, request);
  execve(program, ["cala-native", ...words], process.env);
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

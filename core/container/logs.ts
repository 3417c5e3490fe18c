import { spawn } from "node:child_process";
import { CalaError } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import { nativeProgram } from "../dirs/program.ts";
import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { journalCall } from "../logdriver/journal-reader.ts";
import { logDriverOf } from "../logdriver/index.ts";
import { execve } from "../sys/execve.ts";
import type { ContainerRecord } from "./record.ts";

/** Which part of a log to print, and how. Times are milliseconds since 1970. */
export interface LogsRequest {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly names: boolean;
  /** Names of different containers in different colours. */
  readonly color?: boolean;
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

/** What stands before each line where there are several containers. */
interface LinePrefix {
  readonly text: string | undefined;
  /** Of the text: digits of a terminal's escape sequence. */
  readonly color: string | undefined;
}

/** Arguments of the native `logs` applet. */
export function logsArguments(dir: string, record: ContainerRecord, request: LogsRequest, prefix: LinePrefix): string[] {
  const path = record.request.logOptions["path"];
  return [
    "logs", dir,
    ...(path === undefined ? [] : ["--file", path]),
    ...(request.follow ? ["--follow"] : []),
    ...(request.timestamps ? ["--timestamps"] : []),
    ...(prefix.text === undefined ? [] : ["--names", prefix.text]),
    ...(prefix.color === undefined ? [] : ["--color", prefix.color]),
    ...(request.tail === undefined ? [] : ["--tail", String(request.tail)]),
    ...(request.sinceMs === undefined ? [] : ["--since", nanoseconds(request.sinceMs)]),
    ...(request.untilMs === undefined ? [] : ["--until", nanoseconds(request.untilMs)]),
  ];
}

/**
 * Prints the logs of containers. For one whose log is a file this becomes the native program that does it: no Node stays behind a
 * `logs --follow`. Several are printed one after the other, and followed at once.
 * @returns the exit code @throws CalaError `log-missing` when a container's log driver keeps none
 */
export async function printLogs(engine: Engine, records: readonly ContainerRecord[], request: LogsRequest): Promise<number> {
  const calls = records.map((record, index) => ({ record, prefix: prefixOf(record, request, records.length > 1, index), reader: readerOf(record) }));
  const [only, another] = calls;
  if (only?.reader === "file" && another === undefined) execve(nativeProgram(), ["cala-native", ...fileArguments(engine, only.record, request, only.prefix)], process.env);
  const print = async ({ record, prefix, reader }: (typeof calls)[number]): Promise<number> => {
    if (reader === "file") return await runNative(fileArguments(engine, record, request, prefix));
    return await (await import("./journal-logs.ts")).printJournal(engine, record, request, { timestamps: request.timestamps, prefix: beginning(prefix) });
  };
  if (request.follow) return Math.max(...await Promise.all(calls.map(print)));
  let exitCode = 0;
  for (const call of calls) exitCode = Math.max(exitCode, await print(call));
  return exitCode;
}

/** The program that prints one container's log, and its arguments. @throws CalaError `log-missing` when its log driver keeps none */
export function logsCommand(engine: Engine, record: ContainerRecord, request: LogsRequest): string[] {
  if (readerOf(record) === "file") return [nativeProgram(), ...fileArguments(engine, record, request, prefixOf(record, request, false, 0))];
  const { program, args } = journalCall(record.id, request, engine.env, "cat");
  return [program, ...args];
}

/** @throws CalaError `log-missing` */
function readerOf(record: ContainerRecord): "file" | "journal" {
  const { name, reader } = logDriverOf(record.request);
  if (reader === "file" || reader === "journal") return reader;
  throw new CalaError("log-missing", `this container is using the "${name}" log driver, cannot read logs`, { hint: "create the container with --log-driver json-file" });
}

function fileArguments(engine: Engine, record: ContainerRecord, request: LogsRequest, prefix: LinePrefix): string[] {
  return logsArguments(containerDir(engine.dirs, record.id), record, request, prefix);
}

/** As the native program begins a line. */
function beginning({ text, color }: LinePrefix): string {
  if (text === undefined) return "";
  return color === undefined ? `${text} ` : `\u001b[${color}m${text}\u001b[0m `;
}

/** Red to cyan. */
const colors = ["31", "32", "33", "34", "35", "36"];

function prefixOf(record: ContainerRecord, request: LogsRequest, isOneOfMany: boolean, index: number): LinePrefix {
  const text = !isOneOfMany ? undefined : request.names ? record.name : shortId(record.id);
  return { text, color: request.color === true && text !== undefined ? colors[index % colors.length] : undefined };
}

async function runNative(args: readonly string[]): Promise<number> {
  const child = spawn(nativeProgram(), args, { stdio: ["ignore", "inherit", "inherit"] });
  return await new Promise((resolve, reject) => child.once("error", reject).once("close", (code) => resolve(code ?? 1)));
}

function nanoseconds(ms: number): string {
  return String(BigInt(Math.round(ms * 1000)) * 1000n);
}

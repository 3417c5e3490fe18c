/** Programs that must act as root of the outer user namespace, so that they may own and touch files of every mapped id. */
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from "node:child_process";
import { CalaError } from "../base/error.ts";
import { ensureDir, type Dirs, type Environment } from "../dirs/dirs.ts";
import { nativeMissing, nativeProgram } from "../dirs/program.ts";
import { mapArgument, mapLines, mapSize, type IdRange } from "./map.ts";
import { namespaceObstacleNow } from "./namespaces.ts";
import { storeIds } from "./store-ids.ts";

/** Where a process in the outer namespace belongs to; an engine is one. */
export interface NamespaceSite {
  readonly dirs: Dirs;
  readonly env: Environment;
}

/** A program that runs there. */
export interface NamespaceProcess {
  readonly child: ChildProcess;
  /** Everything it wrote on standard error, at most 16 KiB, once `ended` is settled. */
  readonly words: () => string;
  /** The exit status, or 128 + signal; rejects when it could not be started. */
  readonly ended: Promise<number>;
}

const mostWordsBytes = 16_384;

/** Whether this user has but one id, so that owners can only be noted. */
export function hasSingleId(site: NamespaceSite): boolean {
  return mapSize(storeIds(site).uids) === 1 || namespaceObstacleNow(site, spawnSync) !== undefined;
}

/**
 * Where there are no namespaces: how owners on the disk, of a time when there were, are called in containers (`FROM TO COUNT;…/…`). Nothing can be
 * given to them, so that is noted.
 */
export function ownersToNote(site: NamespaceSite): string | undefined {
  if (namespaceObstacleNow(site, spawnSync) === undefined) return undefined;
  const lines = (map: readonly IdRange[]): string => mapLines(map.map(({ inside, outside, count }) => ({ inside: outside, outside: inside, count }))).join(";");
  const { uids, gids } = storeIds(site);
  return `${lines(uids)}/${lines(gids)}`;
}

/**
 * Starts a program as root of the outer user namespace, which is made if nobody lives in it; where there are none, as the user. `stdio` as for child_process, with
 * standard error always collected. The first word may be `cala-native`.
 * @throws CalaError `native-missing` through `ended`
 */
export function spawnInNamespace(site: NamespaceSite, argv: readonly string[], stdin: "ignore" | "pipe" | number, more: readonly number[] = []): NamespaceProcess {
  const ids = storeIds(site);
  const command = argv[0] === "cala-native" ? [nativeProgram(), ...argv.slice(1)] : argv;
  const stdio: StdioOptions = [stdin, "pipe", "pipe", ...more];
  const around = namespaceObstacleNow(site, spawnSync) === undefined ? [nativeProgram(), "userns-exec", ensureDir(site.dirs.runtime), ...mapArgument(ids), "--"] : [];
  const [program = "", ...args] = [...around, ...command];
  const child = spawn(program, args, { stdio, env: { PATH: site.env["PATH"] ?? "/usr/bin:/bin", ...(site.env["XDG_RUNTIME_DIR"] === undefined ? {} : { XDG_RUNTIME_DIR: site.env["XDG_RUNTIME_DIR"] }) } });
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => { words = (words + text).slice(0, mostWordsBytes); });
  const ended = new Promise<number>((resolve, reject) => {
    child.on("error", (error) => { reject(nativeMissing(error)); });
    child.on("close", (code, signal) => { resolve(code ?? (signal === null ? 125 : 128)); });
  });
  ended.catch(() => undefined);
  return { child, words: () => words, ended };
}

/** The error that a native applet reported as one JSON line, else its words as they are. */
export function errorOfWords(words: string, fallbackCode: string, what: string): CalaError {
  const line = words.trim().split("\n").at(-1) ?? "";
  const report = parseReport(line);
  if (report === undefined) return new CalaError(fallbackCode, `${what}: ${words.trim() === "" ? "the native program failed without a word" : words.trim()}`);
  const entry = report.entry === undefined ? "" : ` "${report.entry}":`;
  return new CalaError(report.code, `${what}:${entry} ${report.message}`, hintOf(report));
}

function parseReport(line: string): { readonly code: string; readonly message: string; readonly entry?: string } | undefined {
  try {
    const value = JSON.parse(line) as { code?: unknown; message?: unknown; entry?: unknown };
    if (typeof value.code !== "string" || typeof value.message !== "string") return undefined;
    return { code: value.code, message: value.message, ...(typeof value.entry === "string" ? { entry: value.entry } : {}) };
  } catch {
    return undefined;
  }
}

function hintOf({ code, message }: { readonly code: string; readonly message: string }): { readonly hint?: string } {
  if (message.includes("No space left")) return { hint: "cala image prune" };
  if (code === "layer-id-unmapped") return { hint: "give this user a larger range in /etc/subuid and /etc/subgid" };
  return code === "layer-damaged" ? { hint: "cala rmi IMAGE, then cala pull IMAGE" } : {};
}

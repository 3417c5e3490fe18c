/** `cp`: between containers, the host and tar streams. One native program writes a tar, another one unpacks it; both resolve paths below the root they were given. */
import { posix } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { present } from "../base/assert.ts";
import { CalaError, isErrno } from "../base/error.ts";
import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { errorOfWords, spawnInNamespace, type NamespaceProcess } from "../idmap/spawn-in-namespace.ts";
import { planCopy, streamName, type PathFacts } from "./copy-rules.ts";
import { readRuntimeConfig } from "./launch.ts";
import type { ContainerRecord } from "./record.ts";
import { hostView, withRootView, type ViewWords } from "./root-view.ts";

/** One end of a copy. Paths of the host are absolute, their last slash or dot kept. */
export type CopyEnd =
  | { readonly kind: "container"; readonly record: ContainerRecord; readonly path: string }
  | { readonly kind: "host"; readonly path: string }
  /** A tar on standard input or output. */
  | { readonly kind: "stream"; readonly stream: Readable | Writable };

/** How files are copied. */
export interface CopyRequest {
  readonly source: CopyEnd;
  readonly target: CopyEnd;
  /** Into a container, true: its user's files; false: the source's ids. Out of it, true: the container's ids; else the caller's files. */
  readonly archive: boolean | undefined;
  /** A file may take the place of a directory, and the other way round. */
  readonly overwrite: boolean;
  /** A link at the end of the source is followed. */
  readonly follow: boolean;
}

/** @throws CalaError `path-unknown`, `path-kind-improper`, `path-refused`, `path-not-overwritten`, `path-not-read`, `path-not-written` */
export async function copyFiles(engine: Engine, request: CopyRequest): Promise<void> {
  const { source, target } = request;
  for (const end of [source, target]) refuseKernelFiles(end);
  const isOne = source.kind === "container" && target.kind === "container" && source.record.id === target.record.id;
  if (isOne) return await withEnd(engine, source, async (view) => await copy(engine, request, view, view));
  // Containers that do not run are locked meanwhile: in the order of their ids, whichever way is copied.
  const isReversed = source.kind === "container" && target.kind === "container" && source.record.id > target.record.id;
  const [first, second] = isReversed ? [target, source] : [source, target];
  await withEnd(engine, first, async (one) => await withEnd(engine, second, async (other) => {
    const [from, to] = isReversed ? [other, one] : [one, other];
    await copy(engine, request, from, to);
  }));
}

function refuseKernelFiles(end: CopyEnd): void {
  if (end.kind !== "container" || !/^\/(proc|sys)(\/|$)/.test(posix.normalize(end.path))) return;
  throw new CalaError("path-refused", `"${end.path}" is the kernel's: nothing is copied to or from /proc and /sys`);
}

async function withEnd<T>(engine: Engine, end: CopyEnd, work: (view: ViewWords | undefined) => Promise<T>): Promise<T> {
  if (end.kind === "stream") return await work(undefined);
  return end.kind === "host" ? await work(hostView) : await withRootView(engine, end.record, work);
}

async function copy(engine: Engine, request: CopyRequest, from: ViewWords | undefined, to: ViewWords | undefined): Promise<void> {
  const { source, target, follow } = request;
  const sourceFacts = source.kind === "stream" ? undefined : await factsOf(engine, source, present(from, "a source with a root"), follow || /\/\.?$/.test(source.path));
  const targetFacts = target.kind === "stream" ? undefined : await factsOf(engine, target, present(to, "a target with a root"), true);
  if (sourceFacts === undefined && targetFacts?.kind !== "directory") throw new CalaError("path-kind-improper", `a tar from standard input goes to a directory, and "${targetFacts?.path ?? ""}" is none`);
  const plan = sourceFacts === undefined ? { name: "", into: true } : targetFacts === undefined ? { name: streamName(sourceFacts), into: true } : planCopy(sourceFacts, targetFacts, request.overwrite);
  const reader = source.kind === "stream" || from === undefined ? undefined : spawnInNamespace(engine, ["cala-native", "copy-out", ...from, source.path, plan.name, ...(follow ? [] : ["--no-follow"])], "ignore");
  const writer = target.kind === "stream" || to === undefined ? undefined : spawnInNamespace(engine, ["cala-native", "copy-in", ...to, target.path, ...writerOptions(engine, request, plan.into)], "pipe");
  writer?.child.stdout?.resume();
  await join(reader, reader === undefined ? streamOf(source) as Readable : present(reader.child.stdout, "a reader has an output"), writer, writer === undefined ? streamOf(target) as Writable : present(writer.child.stdin, "a writer has an input"));
}

function streamOf(end: CopyEnd): Readable | Writable | undefined {
  return end.kind === "stream" ? end.stream : undefined;
}

/** The bytes of one into the other; of two failures the reader's is the cause, unless the writer closed its ear. */
async function join(reader: NamespaceProcess | undefined, output: Readable, writer: NamespaceProcess | undefined, input: Writable): Promise<void> {
  const piped = await pipeline(output, input, { end: writer !== undefined }).then(() => undefined, (error: unknown) => error);
  if (piped !== undefined) reader?.child.kill("SIGKILL");
  if (piped !== undefined && reader !== undefined && writer === undefined && isErrno(piped, "EPIPE")) return;
  const written = writer === undefined ? 0 : await writer.ended;
  if (writer !== undefined && written !== 0) throw errorOfWords(writer.words(), "path-not-written", "cannot copy");
  const read = reader === undefined ? 0 : await reader.ended;
  if (reader !== undefined && read !== 0) throw errorOfWords(reader.words(), "path-not-read", "cannot copy");
  if (piped !== undefined) throw piped;
}

function writerOptions(engine: Engine, request: CopyRequest, into: boolean): string[] {
  const { target, archive, overwrite } = request;
  const owner = target.kind === "container"
    ? (archive === false ? ["--keep-ids"] : ["--user", userOf(engine, target.record)])
    : (archive === true ? ["--keep-ids"] : []);
  return [...(into ? ["--into"] : []), ...owner, ...(overwrite ? ["--overwrite"] : [])];
}

function userOf(engine: Engine, record: ContainerRecord): string {
  const user = readRuntimeConfig(containerDir(engine.dirs, record.id)).process?.user;
  return user === undefined ? "" : user.username ?? `${user.uid}:${user.gid}`;
}

async function factsOf(engine: Engine, end: Exclude<CopyEnd, { kind: "stream" }>, view: ViewWords, follow: boolean): Promise<PathFacts> {
  const { child, ended, words } = spawnInNamespace(engine, ["cala-native", "copy-stat", ...view, end.path, ...(follow ? [] : ["--no-follow"])], "ignore");
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => { text += piece; });
  if (await ended !== 0) throw errorOfWords(words(), "path-not-read", `cannot look at "${end.path}"`);
  return { path: end.path, where: end.kind === "host" ? "the host" : `container ${end.record.name}`, ...(JSON.parse(text) as Pick<PathFacts, "kind" | "hasParent">) };
}

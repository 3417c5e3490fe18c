/** `image scp`: an archive through ssh. The other side is whichever engine is found there. */
import { spawn, type ChildProcess } from "node:child_process";
import { CalaError, messageOf } from "../base/error.ts";
import type { ImageEngine } from "./engine.ts";
import { loadImages, type LoadedImage } from "./load.ts";
import type { OnProgress } from "./progress.ts";
import { saveImages } from "./save.ts";

/** Which way an image goes. */
export interface ScpCopy {
  readonly direction: "send" | "fetch";
  /** As ssh takes it. */
  readonly host: string;
  readonly image: string;
}

/** An image and the other machine. */
export interface ScpTransfer {
  readonly host: string;
  readonly image: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Reads `HOST::IMAGE` or `IMAGE HOST::`. @throws CalaError `scp-invalid` */
export function parseScp(source: string, destination: string | undefined): ScpCopy {
  const [, from, remoteImage] = /^([^/]+?)::(.*)$/s.exec(source) ?? [];
  const [, to, rest = ""] = /^([^/]+?)::(.*)$/s.exec(destination ?? "") ?? [];
  if ((from === undefined) === (to === undefined)) throw new CalaError("scp-invalid", "exactly one side must be another machine, written HOST::", { hint: "cala image scp IMAGE USER@HOST::" });
  const host = from ?? to ?? "";
  if (!/^[A-Za-z0-9_.@%:[\]-]+$/.test(host) || host.startsWith("-")) throw new CalaError("scp-invalid", `"${host}" is not a host that ssh could be given`);
  if (from === undefined && rest !== "") throw new CalaError("scp-invalid", "the image keeps its name on the other machine", { hint: `cala tag ${source} ${rest}, then copy that` });
  if (from !== undefined && destination !== undefined) throw new CalaError("scp-invalid", "the image keeps its name on this machine");
  return from === undefined ? { direction: "send", host, image: source } : { direction: "fetch", host, image: remoteImage ?? "" };
}

/** The first engine of the other side runs the words. */
function remoteCommand(args: string): string {
  return `for engine in cala podman docker; do if command -v $engine >/dev/null 2>&1; then exec $engine ${args}; fi; done; echo 'no cala, podman or docker there' >&2; exit 127`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

interface Ssh {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
}

function ssh(host: string, command: string, stdio: ["pipe" | "ignore", "pipe" | "ignore"]): Ssh {
  const child = spawn("ssh", [host, command], { stdio: [...stdio, "inherit"] });
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", (error) => reject(new CalaError("program-missing", `"ssh" cannot be started: ${messageOf(error)}`, { cause: error, hint: "install openssh-client" })));
    child.on("close", (code) => (code === 0 ? resolve() : reject(new CalaError("scp-failed", `the other side ("${host}") ended with status ${code ?? -1}`))));
  });
  ended.catch(() => undefined);
  return { child, ended };
}

/** Sends an image; the other side loads it. @throws CalaError `image-unknown`, `scp-failed`, `program-missing` */
export async function sendImage(engine: ImageEngine, { host, image, onProgress, signal }: ScpTransfer): Promise<void> {
  const { child, ended } = ssh(host, remoteCommand("load"), ["pipe", "ignore"]);
  const { stdin } = child;
  if (stdin === null) return;
  try {
    await saveImages(engine, { images: [image], format: "docker-archive", compress: false, output: stdin, ...(onProgress === undefined ? {} : { onProgress }), ...(signal === undefined ? {} : { signal }) });
    stdin.end();
  } catch (error) {
    child.kill();
    // Where the other side gave up first, that is the cause.
    if (!(error instanceof CalaError)) await ended;
    throw error;
  }
  await ended;
}

/** Fetches an image of the other side. @throws CalaError `scp-failed`, `program-missing`, `archive-…` */
export async function fetchImage(engine: ImageEngine, { host, image, onProgress, signal }: ScpTransfer): Promise<LoadedImage[]> {
  const { child, ended } = ssh(host, remoteCommand(`save ${quoted(image)}`), ["ignore", "pipe"]);
  const { stdout } = child;
  if (stdout === null) return [];
  try {
    return await loadImages(engine, { input: stdout, ...(onProgress === undefined ? {} : { onProgress }), ...(signal === undefined ? {} : { signal }) });
  } catch (error) {
    await ended;
    throw error;
  }
}

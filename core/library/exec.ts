import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { prepareExec } from "../container/exec.ts";
import type { ContainerRecord } from "../container/record.ts";
import type { Engine } from "../engine.ts";
import { spawnExec } from "../monitor/become-exec.ts";

/** How a further process runs. */
export interface ExecOptions {
  /** Put over the container's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** `user[:group]`, names or numbers. */
  readonly user?: string;
  readonly workdir?: string;
  readonly privileged?: boolean;
  /** Its standard input; none unless given. */
  readonly input?: string | Uint8Array;
  /** Kills it. */
  readonly signal?: AbortSignal;
}

/** How it ended and what it wrote. */
export interface ExecResult {
  /** 126 when the command could not be executed, 127 when it does not exist, 128 + signal when one killed it. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Runs a further process to its end. @throws CalaError `container-state-improper`; the signal's reason when aborted */
export async function runExec(engine: Engine, record: ContainerRecord, command: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const { env = {}, user, workdir, privileged = false, input, signal } = options;
  const request = {
    command, env: Object.entries(env).map(([name, text]) => `${name}=${text}`), terminal: false, privileged,
    stdin: input !== undefined, detach: false, ...(user === undefined ? {} : { user }), ...(workdir === undefined ? {} : { workdir }),
  };
  const child = spawnExec(await prepareExec(engine, record, request), signal);
  // A program that does not read its input is no failure.
  child.stdin.on("error", () => undefined).end(input);
  const [[exitCode], stdout, stderr] = await Promise.all([once(child, "close") as Promise<[number | null]>, buffer(child.stdout), buffer(child.stderr)]);
  return { exitCode: exitCode ?? 137, stdout, stderr };
}

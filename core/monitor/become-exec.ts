import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from "node:child_process";
import { closeSync } from "node:fs";
import { nativeProgram } from "../dirs/program.ts";
import { dup2 } from "../sys/dup2.ts";
import { execve } from "../sys/execve.ts";
import { setInheritable } from "../sys/fcntl.ts";
import { memfdOf } from "../sys/memfd.ts";

/** One more process for a running container. */
export interface ExecRequest {
  /** Directory of the running container. */
  readonly dir: string;
  /** The encoded exec plan. */
  readonly plan: Uint8Array;
  /** Leave it running and end at once. */
  readonly detach: boolean;
  /** More arguments of the applet. */
  readonly args?: readonly string[];
  /** Descriptors of this process that the program gets under other numbers; not for `spawnExec`. */
  readonly handed?: readonly { readonly ours: number; readonly theirs: number }[];
  /** JSON of the plan's origin, for `__explain`. */
  readonly origin: string;
}

const planFd = 3;
const firstMoved = 100;

/**
 * Becomes the native `exec` applet, which runs the plan in the container and ends with the program's exit code.
 * @throws SysError when the native program cannot be executed
 */
export function becomeExec(request: ExecRequest): never {
  const handed = movedUp(request.handed ?? []);
  const fd = memfdOf("cala-exec-plan", request.plan);
  if (fd === planFd) setInheritable(fd, true);
  else dup2(fd, planFd);
  execve(nativeProgram(), ["cala-native", ...execArguments(request), ...(handed.length === 0 ? [] : ["--hand", handed.join(",")])], { ...process.env, CALA_EXEC_ORIGIN: request.origin });
}

/** Out of the way of the plan and of what Node has open, as words for the applet. */
function movedUp(fds: NonNullable<ExecRequest["handed"]>): string[] {
  const first = Math.max(firstMoved, ...fds.map(({ ours }) => ours + 1));
  return fds.map(({ ours, theirs }, index) => {
    dup2(ours, first + index);
    return `${first + index}:${theirs}`;
  });
}

/** The same as a child of this process, with pipes for its streams; it ends with the program's exit code. */
export function spawnExec(request: ExecRequest, signal?: AbortSignal): ChildProcessWithoutNullStreams {
  const fd = memfdOf("cala-exec-plan", request.plan);
  try {
    const child = spawn(nativeProgram(), execArguments(request), { stdio: ["pipe", "pipe", "pipe", fd], env: { ...process.env, CALA_EXEC_ORIGIN: request.origin }, ...(signal === undefined ? {} : { signal }) });
    return child as ChildProcess as ChildProcessWithoutNullStreams;
  } finally {
    closeSync(fd);
  }
}

function execArguments(request: ExecRequest): string[] {
  return ["exec", request.dir, ...(request.detach ? ["--detach"] : []), ...(request.args ?? [])];
}

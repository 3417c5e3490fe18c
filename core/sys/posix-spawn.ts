import { getSystemErrorName } from "node:util";
import { SysError } from "../base/error.ts";
import { envStrings } from "./execve.ts";
import { libcFunction } from "./koffi.ts";

/** A program to be started with chosen descriptors. */
export interface SpawnRequest {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Pairs of a descriptor of ours and the number that the new process has it under. Everything else of ours is close-on-exec. */
  readonly descriptors: readonly (readonly [ours: number, theirs: number])[];
}

/** Larger than posix_spawn_file_actions_t of any libc (80 bytes in glibc). */
const fileActionsBytes = 512;

/**
 * Starts a program as our child. Node's own child_process would keep the parent's event loop busy and costs 20 ms to load; fork is
 * out of the question in a process with threads.
 * @returns its pid, to be waited for with `waitpid`
 * @throws SysError
 */
export function posixSpawn(request: SpawnRequest): number {
  const actions = Buffer.alloc(fileActionsBytes);
  const pid = Buffer.alloc(4);
  resultOf(libcFunction("int posix_spawn_file_actions_init(void* actions)")(actions), request.path);
  try {
    const duplicate = libcFunction("int posix_spawn_file_actions_adddup2(void* actions, int from, int to)");
    for (const [ours, theirs] of request.descriptors) resultOf(duplicate(actions, ours, theirs), request.path);
    const spawn = libcFunction("int posix_spawn(void* pid, const char* path, void* actions, void* attributes, const char** argv, const char** envp)");
    resultOf(spawn(pid, request.path, actions, null, [...request.args, null], [...envStrings(request.env), null]), request.path);
    return pid.readInt32LE(0);
  } finally {
    libcFunction("int posix_spawn_file_actions_destroy(void* actions)")(actions);
  }
}

/** These calls return the errno itself. */
function resultOf(errno: number, path: string): void {
  if (errno !== 0) throw new SysError("posix_spawn", errno, getSystemErrorName(-errno), path);
}

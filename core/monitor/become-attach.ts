import { spawn } from "node:child_process";
import { nativeProgram } from "../dirs/program.ts";
import { execve } from "../sys/execve.ts";
import { setInheritable } from "../sys/fcntl.ts";

/** Which streams of a container the native client relays, and how. */
export interface AttachRequest {
  readonly dir: string;
  /** The starter's connection; without it the client connects by itself. */
  readonly fd?: number;
  /** The container's lock; the client frees it when the start has succeeded or failed. */
  readonly lockFd?: number;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** The container has a terminal: ours is put into raw mode. */
  readonly tty: boolean;
  /** As in `ctrl-p,ctrl-q`; empty: none. */
  readonly detachKeys?: string;
  /** Pass signals on to the container. */
  readonly signalProxy: boolean;
  /** An image that is removed when the container has ended, unless somebody needs it. */
  readonly thenRemoveImage?: string;
}

/** Arguments of the native `attach` applet. */
export function attachArguments(request: AttachRequest): string[] {
  return [
    "attach", request.dir,
    ...(request.fd === undefined ? [] : ["--fd", String(request.fd)]),
    ...(request.lockFd === undefined ? [] : ["--lock-fd", String(request.lockFd)]),
    ...(request.stdin ? [] : ["--no-stdin"]),
    ...(request.stdout ? [] : ["--no-stdout"]),
    ...(request.stderr ? [] : ["--no-stderr"]),
    ...(request.tty ? ["--tty"] : []),
    ...(request.detachKeys === undefined ? [] : ["--detach-keys", request.detachKeys]),
    ...(request.signalProxy ? [] : ["--sig-proxy=0"]),
    ...(request.thenRemoveImage === undefined ? [] : ["--then-remove-image", request.thenRemoveImage]),
  ];
}

/**
 * Becomes the native attach client: Node is gone, the pid stays, and the exit code is the container's.
 * @throws SysError when the native program cannot be executed
 */
export function becomeAttach(request: AttachRequest): never {
  for (const fd of [request.fd, request.lockFd]) if (fd !== undefined) setInheritable(fd, true);
  execve(nativeProgram(), ["cala-native", ...attachArguments(request)], process.env);
}

/** Leaves a process behind that waits for a running container's end, and removes the image then. */
export function removeImageLater(dir: string, image: string): void {
  const words = attachArguments({ dir, stdin: false, stdout: false, stderr: false, tty: false, signalProxy: false, thenRemoveImage: image });
  spawn(nativeProgram(), words, { argv0: "cala-native", detached: true, stdio: "ignore" }).unref();
}

import { closeSync, constants, openSync } from "node:fs";
import { createConnection, Socket } from "node:net";
import { getSystemErrorName } from "node:util";
import { CalaError, isErrno, SysError } from "../base/error.ts";
import type { NetworkJoin } from "../plan/launch-details.ts";
import { decodeExit, decodeFrames, encodeFrame, encodeNumbers, encodeResize, encodeSubscribe, frameTypes, type ExitNotice, type Frame, type Subscription, type WindowSize } from "./frame.ts";

const neverKill = 0xffffffff;

/** A conversation with the monitor of a running container. */
export class ControlConnection {
  readonly #socket: Socket;
  readonly #frames: AsyncGenerator<Frame, void, void>;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#frames = framesOf(socket);
  }

  /** The frames of the monitor, until it closes the connection. One reader at a time. */
  frames(): AsyncGenerator<Frame, void, void> {
    return this.#frames;
  }

  subscribe(wanted: Subscription): void {
    this.#socket.write(encodeSubscribe(wanted));
  }

  resize(size: WindowSize): void {
    this.#socket.write(encodeResize(size));
  }

  /** Sends input; the promise is kept when more may be sent. */
  async input(bytes: Uint8Array): Promise<void> {
    if (this.#socket.write(encodeFrame(frameTypes.stdin, bytes))) return;
    await new Promise<void>((resolve) => this.#socket.once("drain", resolve).once("close", resolve));
  }

  endInput(): void {
    this.#socket.write(encodeFrame(frameTypes.stdinEof));
  }

  /** Sends a signal to the container's first process. @throws SysError, CalaError `container-not-running` */
  async signal(signal: number): Promise<void> {
    this.#socket.write(encodeNumbers(frameTypes.signal, signal));
    await this.#acknowledged("kill");
  }

  /**
   * Asks for the end: `signal` (0: the container's own stop signal) now, SIGKILL after `timeoutMs` (undefined: never). Cancels the
   * restart policy. Does not wait; see `wait`.
   * @throws SysError, CalaError `container-not-running`
   */
  async stop(signal: number, timeoutMs: number | undefined): Promise<void> {
    this.#socket.write(encodeNumbers(frameTypes.stop, signal, timeoutMs === undefined ? neverKill : Math.min(Math.round(timeoutMs), neverKill - 1)));
    await this.#acknowledged("stop");
  }

  /** Joins a further network, now and at each restart. @throws SysError with EEXIST where it is joined already */
  async connect({ directory, config, request }: NetworkJoin): Promise<void> {
    this.#socket.write(encodeFrame(frameTypes.connect, Buffer.from(`${directory}\0${config}\0${request}\0`)));
    await this.#acknowledged("network connect");
  }

  /** Leaves the network of this directory. @throws SysError with ENOENT where it is not joined */
  async disconnect(directory: string): Promise<void> {
    this.#socket.write(encodeFrame(frameTypes.disconnect, Buffer.from(directory)));
    await this.#acknowledged("network disconnect");
  }

  /** Takes the container's way out, too, until it is connected to a network again. */
  async goOff(): Promise<void> {
    this.#socket.write(encodeFrame(frameTypes.off));
    await this.#acknowledged("network disconnect");
  }

  /** Stops every process of the container. @throws SysError with EALREADY where it is paused, EOPNOTSUPP where it cannot be done */
  async pause(): Promise<void> {
    this.#socket.write(encodeFrame(frameTypes.pause));
    await this.#acknowledged("pause");
  }

  /** Lets a paused container go on. @throws SysError with EALREADY where it is not paused */
  async unpause(): Promise<void> {
    this.#socket.write(encodeFrame(frameTypes.unpause));
    await this.#acknowledged("unpause");
  }

  /** Tells that the plan was written anew: it holds for the next run that the restart policy begins. */
  async reload(): Promise<void> {
    this.#socket.write(encodeFrame(frameTypes.reload));
    await this.#acknowledged("reload");
  }

  /** Has a probe of the container's health run. @returns 0 when it passed, 1 when not, -errno where there was none @throws CalaError `container-not-running` */
  async probe(): Promise<number> {
    this.#socket.write(encodeFrame(frameTypes.probe));
    for await (const frame of this.#each()) if (frame.type === frameTypes.health) return frame.payload.readInt32LE(0);
    throw notRunning();
  }

  /** The coming end is not for good: `--rm` is to remove nothing then. */
  keep(): void {
    this.#socket.write(encodeFrame(frameTypes.keep));
  }

  /** Waits until the present run has ended; undefined when the monitor left without a word. */
  async wait(): Promise<ExitNotice | undefined> {
    this.subscribe({ exit: true });
    for await (const frame of this.#each()) if (frame.type === frameTypes.exit) return decodeExit(frame.payload);
    return undefined;
  }

  /** Waits until the monitor has closed the connection: with `--rm`, until everything is removed. */
  async waitClosed(): Promise<void> {
    for await (const _ of this.#each()) continue;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Like the frames, but leaving the loop leaves the connection as it is. */
  #each(): AsyncIterable<Frame> {
    return { [Symbol.asyncIterator]: () => ({ next: () => this.#frames.next() }) };
  }

  async #acknowledged(action: string): Promise<void> {
    for await (const frame of this.#each()) {
      if (frame.type === frameTypes.exit) return;
      if (frame.type !== frameTypes.ack) continue;
      const result = frame.payload.readInt32LE(0);
      if (result < 0) throw new SysError(action, -result, getSystemErrorName(result));
      return;
    }
    throw notRunning();
  }
}

async function* framesOf(socket: Socket): AsyncGenerator<Frame, void, void> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      const decoded = decodeFrames(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
      rest = decoded.rest;
      yield* decoded.frames;
    }
  } catch (error) {
    // A monitor that leaves while something of ours is unread resets the connection: an end like any other.
    if (!isErrno(error, "ECONNRESET", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE")) throw error;
  }
}

/**
 * Connects to the monitor of a container.
 * @returns undefined when none is there: the container is not running
 */
export async function connectControl(dir: string): Promise<ControlConnection | undefined> {
  const dirFd = openDirectory(dir);
  if (dirFd === undefined) return undefined;
  try {
    // The address has room for 107 bytes; a container's directory may be deeper than that.
    const socket = createConnection({ path: `/proc/self/fd/${dirFd}/attach` });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.removeAllListeners("error");
    socket.on("error", () => undefined); // told by the frames, or of no interest
    return new ControlConnection(socket);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE")) return undefined;
    throw error;
  } finally {
    closeSync(dirFd);
  }
}

/** Speaks over a connection that this process already has, such as the starter's. */
export function controlOf(fd: number): ControlConnection {
  const socket = new Socket({ fd, readable: true, writable: true });
  socket.on("error", () => undefined);
  return new ControlConnection(socket);
}

function openDirectory(dir: string): number | undefined {
  try {
    return openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Whether an error says that the container's monitor has left. */
export function isNotRunning(error: unknown): boolean {
  return error instanceof CalaError && error.code === "container-not-running";
}

/** The error for asking something of a container that has no monitor. */
export function notRunning(): CalaError {
  return new CalaError("container-not-running", "the container is not running");
}

import { closeSync, openSync, writeSync } from "node:fs";
import { assert } from "../base/assert.ts";
import { nativeProgram } from "../dirs/program.ts";
import { posixSpawn, type SpawnRequest } from "../sys/posix-spawn.ts";
import { socketpair } from "../sys/socketpair.ts";
import { encodeResize, encodeSubscribe, type Subscription, type WindowSize } from "./frame.ts";

/** Whose monitor is to be started, and what its starter wants to hear. */
export interface SpawnMonitorRequest {
  /** The container's directory, with its plan. */
  readonly dir: string;
  /** Where the processes of the outer user namespace are noted; see `outerNamespaceDir`. */
  readonly runtimeDir: string;
  /** Streams wanted from the very first byte; asked for before the container runs. None for a detached start. */
  readonly subscribe?: Subscription;
  /** Descriptors that the container's program gets beyond its standard streams. */
  readonly handed?: HandedDescriptors | undefined;
  /** The container has this process's own streams. */
  readonly passthrough?: boolean;
  /** The size that the container's terminal has from the beginning. */
  readonly window?: WindowSize;
}

/** A monitor on its way; the first frame on `fd` is its report. */
export interface SpawnedMonitor {
  /** Our end of the control connection: blocking, close-on-exec; belongs to the caller. */
  readonly fd: number;
  /** The short-lived first process; to be reaped once the report is there (`readReport` and the attach client do). */
  readonly pid: number;
}

const controlFd = 3;
const firstStream = 4;

/** Our streams as the monitor expects them (PASSTHROUGH_FD in native/monitor.h); the other end must not lie where they go. */
function streamsFor(theirs: number): (readonly [from: number, to: number])[] {
  assert(theirs > firstStream + 2, "the monitor's connection lies among the streams that it gets");
  return [0, 1, 2].map((fd) => [fd, firstStream + fd] as const);
}

/** Descriptors of this process, for a program in a container. */
export interface HandedDescriptors {
  readonly fds: readonly { readonly ours: number; readonly theirs: number }[];
  /** So many of them, from descriptor 3 on, are sockets that a service manager listens on. */
  readonly listening: number;
  /** LISTEN_FDNAMES as it came. */
  readonly names?: string;
}

/** The monitor gets them above everything that is given a number here; it hands them on by native/handed.h. */
function handOver({ fds, listening, names }: HandedDescriptors, others: readonly number[]): Pick<SpawnRequest, "args" | "descriptors"> {
  const first = Math.max(firstStream + 2, ...others, ...fds.map(({ ours }) => ours)) + 1;
  if (fds.length === 0) return { args: [], descriptors: [] };
  return {
    descriptors: fds.map(({ ours }, index) => [ours, first + index] as const),
    args: ["--hand", fds.map(({ theirs }, index) => `${first + index}:${theirs}`).join(","), ...(listening === 0 ? [] : ["--listen", String(listening)]), ...(names === undefined ? [] : ["--listen-names", names])],
  };
}

/**
 * Starts the monitor of a container whose plan is written. It detaches itself from this process, its terminal and its session.
 * @throws SysError when the native program cannot be started
 */
export function spawnMonitor(request: SpawnMonitorRequest): SpawnedMonitor {
  const [ours, theirs] = socketpair();
  const nothing = openSync("/dev/null", "r+");
  try {
    // The size comes first: the monitor looks for it before it starts the container.
    if (request.window !== undefined) writeSync(ours, encodeResize(request.window));
    if (request.subscribe !== undefined) writeSync(ours, encodeSubscribe(request.subscribe));
    const handed = handOver(request.handed ?? { fds: [], listening: 0 }, [theirs, nothing]);
    const pid = posixSpawn({
      path: nativeProgram(),
      args: ["cala-native", "monitor", request.dir, request.runtimeDir, ...(request.passthrough === true ? ["--passthrough"] : []), ...handed.args],
      env: process.env,
      descriptors: [...handed.descriptors, ...(request.passthrough === true ? streamsFor(theirs) : []), [nothing, 0], [nothing, 1], [nothing, 2], [theirs, controlFd]],
    });
    return { fd: ours, pid };
  } catch (error) {
    closeSync(ours);
    throw error;
  } finally {
    closeSync(theirs);
    closeSync(nothing);
  }
}

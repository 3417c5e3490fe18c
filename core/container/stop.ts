import { setTimeout as sleep } from "node:timers/promises";
import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { connectControl, isNotRunning, type ControlConnection } from "../monitor/control.ts";
import { killOrphan } from "../monitor/orphan.ts";
import { wrongState } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";
import { isAlive, viewOf } from "./view.ts";

/** How a container is to be stopped. */
export interface StopRequest {
  /** Seconds until SIGKILL; -1 waits for ever; the container's own time unless given. */
  readonly timeoutSeconds?: number;
  /** Also one that is paused. */
  readonly evenPaused?: boolean;
  /** It is to be started again: `--rm` does not remove it. */
  readonly keep?: boolean;
}

/** Stops a container and waits until it has ended; one that does not run is left alone. @throws SysError, CalaError `container-state-improper` for a paused one */
export async function stopContainer(engine: Engine, record: ContainerRecord, request: StopRequest = {}): Promise<void> {
  const dir = containerDir(engine.dirs, record.id);
  const view = viewOf(engine.dirs, record);
  if (view.status === "paused" && request.evenPaused !== true) throw wrongState(view, "stop", { hint: `cala unpause ${record.name}` });
  const connection = await connectWhileAlive(engine, record);
  if (connection === undefined) {
    killOrphan(dir);
    return;
  }
  try {
    const seconds = request.timeoutSeconds ?? record.stopTimeoutSeconds;
    connection.subscribe({ exit: true });
    if (request.keep === true) connection.keep();
    await connection.stop(0, seconds < 0 ? undefined : seconds * 1000);
    await connection.waitClosed();
  } catch (error) {
    if (!isNotRunning(error)) throw error; // it ended by itself before the request was read
  } finally {
    connection.close();
  }
}

/** Connects to a container's monitor; undefined only when its state, too, says that it does not run. */
export async function connectWhileAlive(engine: Engine, record: ContainerRecord): Promise<ControlConnection | undefined> {
  for (;;) {
    const connection = await connectControl(containerDir(engine.dirs, record.id));
    if (connection !== undefined || !isAlive(viewOf(engine.dirs, record))) return connection;
    await sleep(5); // its monitor is between its state and its socket
  }
}

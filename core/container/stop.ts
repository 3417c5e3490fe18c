import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { connectControl } from "../monitor/control.ts";
import { killOrphan } from "../monitor/orphan.ts";
import type { ContainerRecord } from "./record.ts";

export interface StopRequest {
  /** Seconds until SIGKILL; -1 waits for ever; the container's own time unless given. */
  readonly timeoutSeconds?: number;
}

/** Stops a container and waits until it has ended; one that does not run is left alone. @throws SysError */
export async function stopContainer(engine: Engine, record: ContainerRecord, request: StopRequest = {}): Promise<void> {
  const dir = containerDir(engine.dirs, record.id);
  const connection = await connectControl(dir);
  if (connection === undefined) {
    killOrphan(dir);
    return;
  }
  try {
    const seconds = request.timeoutSeconds ?? record.stopTimeoutSeconds;
    connection.subscribe({ exit: true });
    await connection.stop(0, seconds < 0 ? undefined : seconds * 1000);
    await connection.waitClosed();
  } finally {
    connection.close();
  }
}

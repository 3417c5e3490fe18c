import { isErrno } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { isNotRunning } from "../monitor/control.ts";
import { wrongState } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";
import { connectWhileAlive } from "./stop.ts";
import { viewOf } from "./view.ts";

/** Sends a signal to the first process of a running container. @throws CalaError `container-state-improper` */
export async function killContainer(engine: Engine, record: ContainerRecord, signal: number): Promise<void> {
  const connection = await connectWhileAlive(engine, record);
  if (connection === undefined) throw wrongState(viewOf(engine.dirs, record), "kill");
  try {
    await connection.signal(signal);
  } catch (error) {
    if (isErrno(error, "ESRCH") || isNotRunning(error)) throw wrongState(viewOf(engine.dirs, record), "kill");
    throw error;
  } finally {
    connection.close();
  }
}

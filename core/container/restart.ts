import type { Engine } from "../engine.ts";
import { containerEvent } from "./events.ts";
import type { ContainerRecord } from "./record.ts";
import { startContainer } from "./start.ts";
import { stopContainer, type StopRequest } from "./stop.ts";

/** Stops a container if it runs, and starts it; `--rm` removes nothing in between. @throws CalaError */
export async function restartContainer(engine: Engine, record: ContainerRecord, request: StopRequest = {}): Promise<void> {
  await stopContainer(engine, record, { ...request, keep: true });
  await startContainer(engine, record);
  containerEvent(engine, record, "restart");
}

import { setTimeout as sleep } from "node:timers/promises";
import { CalaError } from "../base/error.ts";
import { resolveHealth } from "../spec/health.ts";
import type { Engine } from "../engine.ts";
import type { ContainerRecord } from "./record.ts";
import { readRecordIfThere } from "./store.ts";
import { unknownContainer } from "./errors.ts";
import { connectWhileAlive } from "./stop.ts";
import { viewOf, type ContainerView } from "./view.ts";

/** What is waited for, and what ends the waiting. */
export interface WaitRequest {
  /** States that end the waiting; none means stopped. */
  readonly conditions?: readonly string[];
  /** Between two looks, for states that the monitor does not announce. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Waits until a container has stopped (or is in one of the states asked for).
 * @returns its exit code; -1 for a state in which it has none
 */
export async function waitContainer(engine: Engine, record: ContainerRecord, request: WaitRequest = {}): Promise<number> {
  const conditions = request.conditions ?? [];
  const wants = conditions.filter((condition) => condition === "healthy" || condition === "unhealthy");
  if (wants.length > 0 && resolveHealth(record.request, record.image.defaults) === undefined) {
    throw new CalaError("healthcheck-missing", `container "${record.name}" has no defined healthcheck`, { hint: "create it with --health-cmd COMMAND" });
  }
  const onlyStopped = conditions.every((condition) => condition === "stopped" || condition === "exited");
  return onlyStopped ? await waitStopped(engine, record, request.signal) : await waitState(engine, record, conditions, request);
}

async function waitStopped(engine: Engine, record: ContainerRecord, signal?: AbortSignal): Promise<number> {
  for (;;) {
    const connection = await connectWhileAlive(engine, record);
    if (connection === undefined) return recordedExitCode(engine, record);
    const abort = (): void => connection.close();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const notice = await connection.wait();
      signal?.throwIfAborted();
      if (notice !== undefined) return notice.exitCode;
    } finally {
      signal?.removeEventListener("abort", abort);
      connection.close();
    }
  }
}

function recordedExitCode(engine: Engine, record: ContainerRecord): number {
  const { state } = viewOf(engine.dirs, record);
  if (state === undefined && readRecordIfThere(engine.dirs, record.id) === undefined) throw unknownContainer(record.name);
  return state?.exitCode ?? 0;
}

/** The conditions that hold. */
function wordsFor({ status, state }: ContainerView): readonly string[] {
  if (status === "exited") return ["exited", "stopped"];
  if (status === "created") return ["created", "configured"];
  return status === "running" && state?.health !== undefined ? [status, state.health] : [status];
}

async function waitState(engine: Engine, record: ContainerRecord, conditions: readonly string[], request: WaitRequest): Promise<number> {
  for (;;) {
    request.signal?.throwIfAborted();
    const view = viewOf(engine.dirs, record);
    if (view.state === undefined && readRecordIfThere(engine.dirs, record.id) === undefined) throw unknownContainer(record.name);
    if (wordsFor(view).some((word) => conditions.includes(word))) return view.state?.status === "exited" ? view.state.exitCode : -1;
    await sleep(request.intervalMs ?? 250, undefined, request.signal === undefined ? {} : { signal: request.signal });
  }
}

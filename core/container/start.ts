import { closeSync, rmSync } from "node:fs";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import { ensureDir } from "../dirs/dirs.ts";
import type { Engine } from "../engine.ts";
import { becomeAttach } from "../monitor/become-attach.ts";
import { explainReport } from "../monitor/explain.ts";
import type { Subscription } from "../monitor/frame.ts";
import { killOrphan } from "../monitor/orphan.ts";
import { readReport } from "../monitor/report.ts";
import { spawnMonitor, type HandedDescriptors, type SpawnedMonitor } from "../monitor/spawn.ts";
import { attachContainer } from "./attach.ts";
import { windowSize } from "../sys/window-size.ts";
import type { ContainerRecord } from "./record.ts";
import { isAlive, viewOf } from "./view.ts";
import { prepareLaunch } from "./launch.ts";
import { withContainerLock } from "./lock.ts";
import { findContainer } from "./store.ts";

/** How the caller's terminal takes part in a foreground start. */
export interface AttachChoice {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly signalProxy: boolean;
  readonly detachKeys?: string;
  /** An image that is removed afterwards, unless somebody needs it. */
  readonly thenRemoveImage?: string;
}

/** What has been done before the start. */
export interface StartOptions {
  /** `createContainer` of this process has prepared the launch just now. */
  readonly prepared?: boolean;
  /** Descriptors of this process that the container's program gets. */
  readonly handed?: HandedDescriptors | undefined;
  /** Called when the monitor is on its way. */
  readonly onSpawned?: (() => void) | undefined;
}

/**
 * Starts a container in the background and returns when its program runs; a container that runs already is left alone.
 * @returns the pid of its first process as the host sees it, or undefined when it ran already
 * @throws CalaError of the stage that failed, with exit code 126 or 127 when the program was at fault
 */
export async function startContainer(engine: Engine, record: ContainerRecord, options: StartOptions = {}): Promise<number | undefined> {
  await startRequired(engine, record);
  const dir = containerDir(engine.dirs, record.id);
  return await withContainerLock(engine, record, async (present) => {
    if (isAlive(viewOf(engine.dirs, present))) return undefined;
    const monitor = await launch(engine, present, options);
    try {
      const report = readReport(monitor);
      if (report.stage !== "started") throw explainReport(dir, report);
      if (report.text !== "") engine.notice(report.text);
      return report.pid;
    } finally {
      closeSync(monitor.fd);
    }
  });
}

/**
 * Starts a container and becomes the native client of its streams: does not return. The client has the exit code of the
 * container, and calls `explain` when the start fails.
 * One that runs already is attached to.
 */
export async function startAttached(engine: Engine, record: ContainerRecord, attach: AttachChoice, options: StartOptions = {}): Promise<never> {
  const dir = containerDir(engine.dirs, record.id);
  const { stdin, stdout, stderr } = attach;
  await startRequired(engine, record);
  return await withContainerLock(engine, record, async (present, lockFd) => {
    if (isAlive(viewOf(engine.dirs, present))) return attachContainer(engine, present, attach);
    // With such a log driver the container has our streams: the client only waits for its end.
    const relayed = hasCallersStreams(present) ? { stdin: false, stdout: false, stderr: false } : { stdin, stdout, stderr };
    const { fd } = await launch(engine, present, options, relayed);
    return becomeAttach({ dir, fd, lockFd, tty: present.request.terminal, ...attach, ...relayed });
  });
}

/** Whether a start of this container asks for nothing but its plan: neither for streams of the caller's nor for a process that must live. */
export function startsByPlanAlone(record: ContainerRecord): boolean {
  return record.request.lease === undefined && !hasCallersStreams(record);
}

function hasCallersStreams({ request }: ContainerRecord): boolean {
  return request.logDriver?.startsWith("passthrough") === true;
}

/** The containers of `--requires` come first, one after the other. */
async function startRequired(engine: Engine, record: ContainerRecord): Promise<void> {
  for (const name of record.request.requires ?? []) await startContainer(engine, findContainer(engine.dirs, name));
}

/** What the caller wants to see is told before the container runs: its first words would be missed otherwise. */
async function launch(engine: Engine, record: ContainerRecord, options: StartOptions, subscribe?: Subscription): Promise<SpawnedMonitor> {
  const dir = containerDir(engine.dirs, record.id);
  killOrphan(dir);
  rmSync(containerFiles.startTemplate(dir), { force: true });
  if (record.request.lease !== undefined) (await import("../monitor/lease.ts")).checkLease(record.request.lease);
  if (options.prepared !== true) {
    rmSync(containerFiles.initialized(dir), { force: true });
    await prepareLaunch(engine, record, "start");
  }
  const window = record.request.terminal ? windowSize() : undefined;
  const monitor = spawnMonitor({
    dir, runtimeDir: ensureDir(engine.dirs.runtime), passthrough: hasCallersStreams(record), handed: options.handed, ...(subscribe === undefined ? {} : { subscribe }), ...(window === undefined ? {} : { window }),
  });
  options.onSpawned?.();
  return monitor;
}

/**
 * What happened, one JSON line per event in `$XDG_STATE_HOME/cala/events`. A line is written with one append, so that any number of
 * processes write at once; the monitors write there, too (native/event.c). When the file has grown past `eventFileBytes` it becomes
 * `events.1`, so both together are bounded.
 */
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, statSync, writeSync } from "node:fs";
import { isErrno } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { eventsFile } from "../dirs/paths.ts";
import { lockable } from "../lock/stand-in.ts";

/** Kinds of objects that events are about. */
export type EventType = "container" | "image" | "volume" | "network" | "pod" | "secret" | "system";

/** What a verb knows of an event. */
export interface EventInput {
  readonly type: EventType;
  /** podman's word for what happened: `create`, `pull`, `remove`, … */
  readonly status: string;
  readonly id?: string;
  readonly name?: string;
  /** Of a container. */
  readonly image?: string;
  /** Labels of a container, and whatever else is told (`podman events` prints all of them). */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly exitCode?: number;
}

/** So large does the file become before another one is begun. */
export const eventFileBytes = 1 << 20;

/** Notes that something happened. Never fails: an event that cannot be written is no reason for a verb to fail. */
export function emitEvent({ dirs }: { readonly dirs: Dirs }, event: EventInput): void {
  const { type, status, exitCode } = event;
  const line = `${JSON.stringify({ Time: preciseNow(), Type: type, Status: status, ...(exitCode === undefined ? {} : { ContainerExitCode: exitCode }), ...eventSubject(event) })}\n`;
  try {
    append(eventsFile(dirs), line);
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
  }
}

/** Whom an event is about, in the words of the file. */
export function eventSubject({ id, name, image, attributes }: Pick<EventInput, "id" | "name" | "image" | "attributes">): Readonly<Record<string, unknown>> {
  return {
    ...(id === undefined ? {} : { ID: id }), ...(name === undefined ? {} : { Name: name }), ...(image === undefined ? {} : { Image: image }),
    ...(attributes === undefined || Object.keys(attributes).length === 0 ? {} : { Attributes: attributes }),
  };
}

/** The wall clock less the steady one, in microseconds. Asking `performance` would load a module of Node for 2 ms. */
let clockOffset: number | undefined;

/** RFC 3339 with microseconds: events of one millisecond keep their order. */
function preciseNow(): string {
  const steady = Number(process.hrtime.bigint() / 1000n);
  clockOffset ??= Date.now() * 1000 - steady;
  const microseconds = steady + clockOffset;
  return `${new Date(microseconds / 1000).toISOString().slice(0, -1)}${String(microseconds % 1000).padStart(3, "0")}Z`;
}

function append(path: string, line: string): void {
  const fd = openForAppend(path);
  try {
    writeSync(fd, line);
    if (fstatSync(fd).size >= eventFileBytes) rotate(path, fd);
  } finally {
    closeSync(fd);
  }
}

function openForAppend(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true, mode: 0o700 });
    return openSync(path, "a", 0o600);
  }
}

/** Whoever holds the lock of the very file that has the name may put it aside: of several, one does. */
function rotate(path: string, fd: number): void {
  const copy = lockable(openSync(path, "a"), path);
  try {
    if (!copy.take("exclusive")) return;
    putAside(path, fd);
  } finally {
    copy.close();
  }
}

function putAside(path: string, fd: number): void {
  if (statSync(path).ino === fstatSync(fd).ino) renameSync(path, `${path}.1`);
}

/** Reading the file of events: what was, and what comes. */
import { closeSync, fstatSync, mkdirSync, openSync, readSync, watch } from "node:fs";
import { CalaError, isErrno } from "../base/error.ts";
import { clock } from "../base/clock.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { eventsFile } from "../dirs/paths.ts";
import { eventFilter } from "./filter.ts";

/** One event, in podman's words. */
export interface EventRecord {
  readonly Time: string;
  readonly Type: string;
  readonly Status: string;
  readonly ID?: string;
  readonly Name?: string;
  readonly Image?: string;
  readonly ContainerExitCode?: number;
  readonly health_status?: string;
  readonly Attributes?: Readonly<Record<string, string>>;
}

/** Which events are wanted. */
export interface EventsRequest {
  readonly filters: readonly (readonly [key: string, value: string])[];
  /** Absent: with `stream` only what comes, otherwise everything. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Go on as events come. */
  readonly stream: boolean;
  readonly signal?: AbortSignal;
}

const patienceMs = 1000;

/** The events that match, in the order in which they were written. @throws CalaError `filter-invalid`, `events-off` */
export async function* readEvents(dirs: Dirs, request: EventsRequest): AsyncGenerator<EventRecord, void, void> {
  if (dirs.withoutEvents === true) throw new CalaError("events-off", "with --events-backend none nothing is noted that could be read", { hint: "cala --events-backend file events" });
  const filter = eventFilter(request.filters);
  const { sinceMs, untilMs = Number.POSITIVE_INFINITY } = request;
  const startMs = sinceMs ?? (request.stream ? clock.nowMs() : Number.NEGATIVE_INFINITY);
  for await (const event of allEvents(eventsFile(dirs), request.stream ? { untilMs, ...(request.signal === undefined ? {} : { signal: request.signal }) } : undefined)) {
    const ms = Date.parse(event.Time);
    if (ms > untilMs) return;
    if (ms >= Math.floor(startMs) && filter(event)) yield event;
  }
}

interface Following {
  readonly untilMs: number;
  readonly signal?: AbortSignal;
}

async function* allEvents(path: string, following: Following | undefined): AsyncGenerator<EventRecord, void, void> {
  const news = following === undefined ? undefined : watchFor(path, following);
  const files = openAll(path);
  try {
    for (;;) {
      for (const file of files) yield* file.read();
      if (news === undefined || await news.wait()) return;
      advance(files, path);
    }
  } finally {
    news?.close();
    for (const file of files) file.close();
  }
}

/** The file that was put aside, and the present one; nothing is missed or read twice when one becomes the other meanwhile. */
function openAll(path: string): EventFile[] {
  const present = EventFile.open(path);
  const former = EventFile.open(`${path}.1`);
  const found = [former, present].filter((file) => file !== undefined);
  if (former === undefined || present === undefined || former.inode !== present.inode) return found;
  former.close();
  return [present];
}

/** Goes on with the file that has the name now, once the last one is read to its end. */
function advance(files: EventFile[], path: string): void {
  const next = EventFile.open(path);
  if (next === undefined) return;
  if (files.some((file) => file.inode === next.inode)) {
    next.close();
    return;
  }
  files.push(next);
}

class EventFile {
  readonly #fd: number;
  #rest = "";
  readonly inode: number;

  private constructor(fd: number) {
    this.#fd = fd;
    this.inode = fstatSync(fd).ino;
  }

  static open(path: string): EventFile | undefined {
    try {
      return new EventFile(openSync(path, "r"));
    } catch (error) {
      if (isErrno(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  /** The events that were written since the last time. */
  *read(): Generator<EventRecord, void, void> {
    const buffer = Buffer.alloc(65_536);
    for (let count = readSync(this.#fd, buffer); count > 0; count = readSync(this.#fd, buffer)) {
      const lines = (this.#rest + buffer.toString("latin1", 0, count)).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = parseEvent(Buffer.from(line, "latin1").toString("utf8"));
        if (event !== undefined) yield event;
      }
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** A line that a full disk cut short is none. */
function parseEvent(line: string): EventRecord | undefined {
  try {
    const { Signal, ...event } = JSON.parse(line) as EventRecord & { readonly Signal?: string };
    if (typeof event.Time !== "string") return undefined;
    return Signal === undefined ? event : { ...event, Attributes: { ...event.Attributes, signal: Signal } };
  } catch {
    return undefined;
  }
}

interface News {
  /** True when the wait is over for good. */
  readonly wait: () => Promise<boolean>;
  readonly close: () => void;
}

function watchFor(path: string, { untilMs, signal }: Following): News {
  const dir = path.replace(/\/[^/]*$/, "");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const isOver = (): boolean => signal?.aborted === true;
  let wake = (): void => undefined;
  let isNew = false;
  const watcher = watch(dir, () => {
    isNew = true;
    wake();
  });
  signal?.addEventListener("abort", () => wake(), { once: true });
  return {
    close: () => watcher.close(),
    wait: async () => {
      const left = untilMs - clock.nowMs();
      if (left <= 0 || isOver()) return true;
      if (!isNew) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(left, patienceMs));
          wake = (): void => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      isNew = false;
      return isOver();
    },
  };
}

/** `logs` of a container whose log is in the journal: printed as from a file, its two streams apart, followed until it ends. */
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { Engine } from "../engine.ts";
import { journalCall, parseEntry, type JournalEntry, type JournalRequest } from "../logdriver/journal-reader.ts";
import type { ContainerRecord } from "./record.ts";
import { waitContainer } from "./wait.ts";

/** How lines are printed. */
export interface JournalStyle {
  readonly timestamps: boolean;
  /** What each line begins with. */
  readonly prefix: string;
}

/** What is printed of an entry; a line that goes on has its beginning only once. @param begins a line begins with it */
export function journalLine({ text, time, isPartial }: Pick<JournalEntry, "text" | "time" | "isPartial">, { timestamps, prefix }: JournalStyle, begins: boolean): Buffer {
  return Buffer.concat([Buffer.from(begins ? `${prefix}${timestamps ? `${time} ` : ""}` : ""), text, Buffer.from(isPartial ? "" : "\n")]);
}

/** @returns the exit code of journalctl @throws CalaError `log-unreadable` */
export async function printJournal(engine: Engine, record: ContainerRecord, request: JournalRequest, style: JournalStyle): Promise<number> {
  const open = { stdout: false, stderr: false };
  let cursor: string | undefined;
  const print = (entry: JournalEntry): void => {
    process[entry.stream].write(journalLine(entry, style, !open[entry.stream]));
    open[entry.stream] = entry.isPartial;
    cursor = entry.cursor;
  };
  const reading = startReading(engine, record, request, print);
  if (!request.follow) return await reading.ended;
  const stop = new AbortController();
  const first = await Promise.race([reading.ended, waitContainer(engine, record, { signal: stop.signal }).then(() => "over" as const)]);
  stop.abort();
  if (first !== "over") return first;
  reading.child.kill();
  await reading.ended;
  // What came between its last look and its end.
  const { tail: _, ...rest } = request;
  return await startReading(engine, record, { ...(cursor === undefined ? request : { ...rest, tail: undefined, afterCursor: cursor }), follow: false }, print).ended;
}

function startReading(engine: Engine, record: ContainerRecord, request: JournalRequest, print: (entry: JournalEntry) => void): { readonly child: ChildProcess; readonly ended: Promise<number> } {
  const { program, args } = journalCall(record.id, request, engine.env, "json");
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const entry = parseEntry(line);
    if (entry !== undefined) print(entry);
  });
  const ended = new Promise<number>((resolve, reject) => child.once("error", reject).once("close", (code) => resolve(code ?? 0)));
  return { child, ended };
}

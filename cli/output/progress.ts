import { clock } from "../../core/base/clock.ts";
import { formatBytes } from "../../core/base/bytes.ts";
import type { Sink } from "./sink.ts";

/** Several things that go on at once, told to the user. */
export interface Progress {
  /** Something begins or goes on; `totalBytes` undefined where the size is unknown. `id` is shown too. */
  update(id: string, verb: string, doneBytes: number, totalBytes?: number): void;
  /** It has ended: `done`, `already there`, … */
  finish(id: string, verb: string, text: string): void;
  /** Leaves the last state standing; further calls do nothing. */
  close(): void;
}

/** Shows nothing. */
export const silentProgress: Progress = { update: () => undefined, finish: () => undefined, close: () => undefined };

const redrawMs = 100;

/** Bars that move on a terminal; elsewhere one plain line when something begins. */
export function showProgress(sink: Sink): Progress {
  return sink.isTty ? terminalProgress(sink) : plainProgress(sink);
}

function plainProgress(sink: Sink): Progress {
  const seen = new Set<string>();
  const begin = (id: string, verb: string, text = ""): void => {
    if (seen.has(id)) return;
    seen.add(id);
    sink.write(`${verb} ${id}${text}\n`);
  };
  return {
    update: (id, verb) => begin(id, verb),
    finish: (id, verb, text) => begin(id, verb, text === "done" ? "" : ` ${text}`),
    close: () => undefined,
  };
}

interface Row {
  readonly id: string;
  verb: string;
  doneBytes: number;
  totalBytes: number | undefined;
  ended: string | undefined;
}

function terminalProgress(sink: Sink): Progress {
  const rows = new Map<string, Row>();
  let drawnRows = 0;
  let drawnAtMs = 0;
  let closed = false;
  const draw = (force: boolean): void => {
    if (closed || (!force && clock.nowMs() - drawnAtMs < redrawMs)) return;
    drawnAtMs = clock.nowMs();
    const width = sink.columns();
    const lines = [...rows.values()].map((row) => `\x1b[2K${rowText(row, width)}\n`);
    sink.write(`${drawnRows === 0 ? "" : `\x1b[${drawnRows}A`}${lines.join("")}`);
    drawnRows = rows.size;
  };
  const set = (row: Row): void => {
    const isNew = !rows.has(row.id);
    rows.set(row.id, row);
    draw(isNew || row.ended !== undefined);
  };
  return {
    update: (id, verb, doneBytes, totalBytes) => set({ id, verb, doneBytes, totalBytes, ended: undefined }),
    finish: (id, verb, text) => set({ id, verb, doneBytes: 0, totalBytes: undefined, ended: text }),
    close: () => {
      draw(true);
      closed = true;
    },
  };
}

const barWidth = 30;

/** One line, never wider than the terminal, since a wrapped line could not be drawn over. */
function rowText(row: Row, width: number): string {
  const head = `${row.verb} ${row.id}`;
  const text = row.ended === undefined ? `${head} ${barOf(row)}` : `${head} ${row.ended}`;
  return [...text].slice(0, Math.max(1, width - 1)).join("");
}

function barOf(row: Row): string {
  if (row.totalBytes === undefined || row.totalBytes <= 0) return formatBytes(row.doneBytes);
  const filled = Math.round(barWidth * Math.min(1, row.doneBytes / row.totalBytes));
  const arrow = filled === 0 ? "" : `${"=".repeat(filled - 1)}>`;
  return `[${arrow.padEnd(barWidth, "-")}] ${formatBytes(row.doneBytes)} / ${formatBytes(row.totalBytes)}`;
}

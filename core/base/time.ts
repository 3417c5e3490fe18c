import { CalaError } from "./error.ts";
import { parseDurationMs } from "./duration.ts";
import { clock } from "./clock.ts";

/**
 * A moment in milliseconds since 1970 from docker's notations: RFC 3339 with or without zone (local then), a date, seconds since
 * 1970 with a fraction, or a duration before now (`10m`).
 * @throws CalaError `time-invalid`
 */
export function parseTime(text: string): number {
  return parseRelative(text, -1);
}

/** The same, but a duration is one from now; with a minus sign it is one before now. @throws CalaError `time-invalid` */
export function parseMoment(text: string): number {
  return text.startsWith("-") ? parseRelative(text.slice(1), -1) : parseRelative(text, 1);
}

function parseRelative(text: string, direction: 1 | -1): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
    // A bare date would be read as UTC, a date with time as local; docker takes both as local.
    const date = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00` : text.replace(/(\.\d{3})\d+/, "$1"));
    if (!Number.isNaN(date)) return date;
  }
  try {
    return clock.nowMs() + direction * parseDurationMs(text.replace(/^-/, ""));
  } catch (error) {
    throw new CalaError("time-invalid", `time "${text}" is not understood`, { hint: "use a timestamp as 2026-01-31T12:00:00Z, or a duration as 10m", cause: error });
  }
}

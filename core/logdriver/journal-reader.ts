/** Reading entries of the journal with the host's journalctl. */
import { existsSync, readdirSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { findProgram } from "../host/find-program.ts";

/** Which part of a log is wanted. */
export interface JournalRequest {
  readonly follow: boolean;
  readonly tail: number | undefined;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Only what comes after this entry. */
  readonly afterCursor?: string;
}

/** One piece of what a container wrote. */
export interface JournalEntry {
  readonly stream: "stdout" | "stderr";
  /** Without a newline. */
  readonly text: Buffer;
  /** The line goes on in the next piece. */
  readonly isPartial: boolean;
  /** RFC 3339 with nanoseconds. */
  readonly time: string;
  readonly cursor: string;
}

/** Of a journal in memory alone, its group reads the files; where it is kept on disk, each user has a file (journald.conf(5), SplitMode). */
function journalIsReadable(): boolean {
  const machine = readTextIfThere("/etc/machine-id")?.trim() ?? "";
  const places = ["/var/log/journal", "/run/log/journal"].map((place) => `${place}/${machine}`).filter((place) => existsSync(place));
  return places.length === 0 || places.some((place) => canList(place));
}

function canList(directory: string): boolean {
  try {
    return readdirSync(directory).length > 0;
  } catch {
    return false;
  }
}

/** The journalctl call that prints a container's log, as text or as entries. @throws CalaError `log-unreadable` */
export function journalCall(id: string, request: JournalRequest, env: Readonly<Record<string, string | undefined>>, format: "cat" | "json"): { readonly program: string; readonly name: string; readonly args: readonly string[] } {
  const program = findProgram("journalctl", env);
  if (program === undefined) throw new CalaError("log-unreadable", "the log is in the journal, and there is no journalctl to read it", { hint: "install systemd's journalctl" });
  if (!journalIsReadable()) throw new CalaError("log-unreadable", "the log is in the journal, which this user may not read", { hint: "sudo usermod --append --groups systemd-journal \"$USER\" and log in again, or sudo mkdir /var/log/journal && sudo journalctl --flush, which gives each user a journal" });
  return {
    program, name: "journalctl",
    args: [
      // Without --all long texts are left out.
      "--quiet", "--no-pager", "--all", `--output=${format}`, ...(request.follow ? ["--follow"] : []),
      ...(request.tail === undefined ? (request.follow ? ["--no-tail"] : []) : ["--lines", String(request.tail)]),
      ...(request.afterCursor === undefined ? [] : ["--after-cursor", request.afterCursor]),
      ...(request.sinceMs === undefined ? [] : ["--since", `@${request.sinceMs / 1000}`]), ...(request.untilMs === undefined ? [] : ["--until", `@${request.untilMs / 1000}`]),
      `CONTAINER_ID_FULL=${id}`,
    ],
  };
}

/** An entry as journalctl prints it (systemd.io/JOURNAL_EXPORT_FORMATS): bytes that are no text come as numbers. Undefined for what is none. */
export function parseEntry(line: string): JournalEntry | undefined {
  if (!line.startsWith("{")) return undefined;
  const fields = JSON.parse(line) as Readonly<Record<string, string | readonly number[] | null | undefined>>;
  const { MESSAGE: message } = fields;
  const microseconds = BigInt(String(fields["__REALTIME_TIMESTAMP"] ?? 0));
  const seconds = new Date(Number(microseconds / 1000n)).toISOString().slice(0, -5);
  return {
    stream: fields["PRIORITY"] === "3" ? "stderr" : "stdout",
    text: Buffer.from(message === null || message === undefined ? "" : message as string),
    isPartial: fields["CONTAINER_PARTIAL_MESSAGE"] === "true",
    time: `${seconds}.${String(microseconds % 1_000_000n).padStart(6, "0")}000Z`,
    cursor: String(fields["__CURSOR"] ?? ""),
  };
}

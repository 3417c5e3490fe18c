import { existsSync, readdirSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { findProgram } from "../host/find-program.ts";

/** Which part of a log is wanted. */
interface JournalRequest {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly names: boolean;
  readonly tail: number | undefined;
  readonly sinceMs?: number;
  readonly untilMs?: number;
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

/** The journalctl call that prints a container's log. Its lines have the container's name only together with their times. @throws CalaError `log-unreadable` */
export function journalCall(id: string, request: JournalRequest, env: Readonly<Record<string, string | undefined>>): { readonly program: string; readonly name: string; readonly args: readonly string[] } {
  const program = findProgram("journalctl", env);
  if (program === undefined) throw new CalaError("log-unreadable", "the log is in the journal, and there is no journalctl to read it", { hint: "install systemd's journalctl" });
  if (!journalIsReadable()) throw new CalaError("log-unreadable", "the log is in the journal, which this user may not read", { hint: "sudo usermod --append --groups systemd-journal \"$USER\" and log in again, or sudo mkdir /var/log/journal && sudo journalctl --flush, which gives each user a journal" });
  const format = request.timestamps ? "short-iso-precise" : request.names ? "with-unit" : "cat";
  return {
    program, name: "journalctl",
    args: [
      "--quiet", "--no-pager", `--output=${format}`, ...(request.follow ? ["--follow"] : []),
      ...(request.tail === undefined ? (request.follow ? ["--no-tail"] : []) : ["--lines", String(request.tail)]),
      ...(request.sinceMs === undefined ? [] : ["--since", `@${request.sinceMs / 1000}`]), ...(request.untilMs === undefined ? [] : ["--until", `@${request.untilMs / 1000}`]),
      `CONTAINER_ID_FULL=${id}`,
    ],
  };
}

import { CalaError } from "../base/error.ts";
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

/** The journalctl call that prints a container's log. Its lines have the container's name only together with their times. @throws CalaError `log-unreadable` */
export function journalCall(id: string, request: JournalRequest, env: Readonly<Record<string, string | undefined>>): { readonly program: string; readonly name: string; readonly args: readonly string[] } {
  const program = findProgram("journalctl", env);
  if (program === undefined) throw new CalaError("log-unreadable", "the log is in the journal, and there is no journalctl to read it", { hint: "install systemd's journalctl" });
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

import { readlinkSync } from "node:fs";
import { CalaError, isErrno } from "../base/error.ts";
import type { LogDriver, LogLaunch, LogSubject } from "./driver.ts";

function launch({ terminal }: LogSubject): LogLaunch {
  if (terminal) throw new CalaError("options-conflict", "the container has the caller's own streams with this log driver: it cannot have a terminal of its own", { hint: "leave --tty out" });
  return { maxBytes: 0, maxFiles: 1, attributes: "", passthrough: true };
}

/** Told by its name: node:tty would load what a start has no use for. */
function isTerminal(fd: number): boolean {
  try {
    return /^\/dev\/(pts\/\d|tty|console)/.test(readlinkSync(`/proc/self/fd/${fd}`));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}

/** A program that has the caller's terminal could type for him (TIOCSTI): that is to be asked for by name. */
export const passthrough: LogDriver = {
  name: "passthrough", options: [], reader: undefined,
  launch: (subject) => {
    if ([0, 1, 2].some(isTerminal)) throw new CalaError("options-conflict", `the log driver "passthrough" cannot be used on a terminal`, { hint: "use --log-driver passthrough-tty" });
    return launch(subject);
  },
};
/** The same, for those who want that. */
export const passthroughTty: LogDriver = { name: "passthrough-tty", options: [], reader: undefined, launch };

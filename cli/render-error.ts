import { CalaError, isErrno, messageOf } from "../core/base/error.ts";

/** Text for standard error, and the exit code. */
export interface RenderedError {
  readonly text: string;
  readonly exitCode: number;
}

/** Puts an error in the user's words: `Error: message`, the hint on a line of its own, and with `debug` causes and stacks. */
export function renderError(error: unknown, debug = false): RenderedError {
  const isFull = !(error instanceof CalaError) && isErrno(error, "ENOSPC", "EDQUOT");
  const lines = [`Error: ${isFull ? "there is no space left on the disk for cala's data" : messageOf(error)}`];
  if (isFull) lines.push("Hint: cala image prune");
  if (error instanceof CalaError) {
    if (error.hint !== undefined) lines.push(`Hint: ${error.hint}`);
  } else if (!debug && !isFull) {
    lines.push("Hint: set CALA_DEBUG=1 to see where this comes from");
  }
  if (debug) lines.push(...traceOf(error));
  return { text: `${lines.join("\n")}\n`, exitCode: error instanceof CalaError ? error.exitCode : 125 };
}

function traceOf(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error, depth = 0; at !== undefined && at !== null && depth < 8; depth += 1) {
    if (depth > 0) lines.push(`Caused by: ${messageOf(at)}`);
    if (at instanceof Error && at.stack !== undefined) lines.push(...at.stack.split("\n").filter((line) => /^\s+at /.test(line)));
    at = at instanceof Error ? at.cause : undefined;
  }
  return lines;
}

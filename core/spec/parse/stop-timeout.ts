/** `--stop-timeout SECONDS`. */
import { CalaError } from "../../base/error.ts";

/** Whole seconds; -1 waits for ever. @throws CalaError `stop-timeout-invalid` */
export function parseStopTimeout(text: string): number {
  if (!/^(-1|\d{1,9})$/.test(text)) throw new CalaError("stop-timeout-invalid", `invalid stop timeout "${text}": it must be a number of seconds`);
  return Number(text);
}

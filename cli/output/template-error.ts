import { CalaError } from "../../core/base/error.ts";

/** An error of a template as Go words it: `template: format:1: unexpected {{end}}`. */
export function templateError(line: number, text: string, cause?: unknown): CalaError {
  return new CalaError("template-invalid", `template: format:${line}: ${text}`, cause === undefined ? {} : { cause });
}

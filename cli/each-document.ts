import type { Context } from "./context.ts";
import { renderDocuments } from "./output/report.ts";
import { renderError } from "./render-error.ts";

/**
 * Prints the documents of everything named, as `format` or `print` say; what is missing is reported on standard error after them.
 * @returns the exit code
 */
export async function eachDocument<Found>(context: Context, names: readonly string[], format: string | undefined, documentOf: (name: string) => Promise<Found>, print?: (document: Found) => string): Promise<number> {
  const outcomes = await Promise.allSettled(names.map(documentOf));
  const documents = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  if (print !== undefined) context.out.write(documents.map(print).join(""));
  else if (documents.length > 0 || format === undefined) context.out.write(renderDocuments(documents, format));
  let exitCode = 0;
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") continue;
    const rendered = renderError(outcome.reason);
    context.err.write(rendered.text);
    exitCode = rendered.exitCode;
  }
  return exitCode;
}

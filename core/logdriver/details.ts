/** `--log-opt tag`, `labels` and `env`: what is told with each line. */
import { CalaError } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import type { LogSubject } from "./driver.ts";

/** As much as the monitor takes (LOG_ATTRIBUTES_MAX in native/log-file.h). */
const longest = 8192;

/** The tag, its template filled in; undefined where none is wanted. @throws CalaError `log-option-invalid` */
export function tagOf({ options, id, name, imageId, imageName }: LogSubject): string | undefined {
  const fields: Readonly<Record<string, string>> = { ID: shortId(id), FullID: id, Name: name, ImageName: imageName, ImageID: shortId(imageId), ImageFullID: imageId, DaemonName: "cala" };
  return options["tag"]?.replace(/\{\{\s*\.(\w*)\s*\}\}|\{\{/g, (whole, field: string | undefined) => {
    const text = field === undefined || !Object.hasOwn(fields, field) ? undefined : fields[field];
    if (text === undefined) throw new CalaError("log-option-invalid", `invalid log option "tag": "${whole}" is no field`, { hint: `fields are ${Object.keys(fields).map((known) => `{{.${known}}}`).join(", ")}` });
    return text;
  });
}

/** The labels and variables that are wanted, by name. @throws CalaError `log-option-invalid` when they are too long */
export function chosenDetails({ options, labels, env }: LogSubject): Readonly<Record<string, string>> {
  const words = (key: string): string[] => (options[key] ?? "").split(",").filter((word) => word !== "");
  const variables = new Map(env.map((entry): [string, string] => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
  const chosen = [
    ...words("labels").flatMap((key) => (Object.hasOwn(labels, key) ? [[key, labels[key] ?? ""] as const] : [])),
    ...words("env").flatMap((key) => (variables.has(key) ? [[key, variables.get(key) ?? ""] as const] : [])),
  ];
  const details = Object.fromEntries(chosen);
  if (JSON.stringify(details).length > longest / 2) throw new CalaError("log-option-invalid", "the labels and variables that each line of the log is to carry are too long");
  return details;
}

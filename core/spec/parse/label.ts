/** `--label`, `--label-file`, `--annotation`, `--log-opt`, `--sysctl`: pairs. */
import { CalaError } from "../../base/error.ts";
import { fileLines } from "./environment.ts";

/** `KEY=value` or `KEY` alone, which has an empty value. @throws CalaError `label-invalid` */
export function parseLabel(text: string): [key: string, value: string] {
  const [key, value] = splitPair(text);
  if (key === "") throw new CalaError("label-invalid", `invalid label format: "${text}"`, { hint: "write --label KEY=VALUE" });
  return [key, value ?? ""];
}

/** The labels in a file's lines, whose names have no blanks. @throws CalaError `label-invalid` */
export function parseLabelFile(content: string): [key: string, value: string][] {
  return fileLines(content).map((line) => {
    const label = parseLabel(line);
    if (/\s/.test(label[0])) throw new CalaError("label-invalid", `invalid label format: "${line}": its name has blanks`, { hint: "write KEY=VALUE lines" });
    return label;
  });
}

/**
 * A pair that must have a value; `option` is the option's name for the message.
 * @throws CalaError `pair-invalid`
 */
export function parsePair(text: string, option: string): [key: string, value: string] {
  const [key, value] = splitPair(text);
  if (key === "" || value === undefined) {
    throw new CalaError("pair-invalid", `invalid value "${text}" for --${option}: it must be formatted as key=value`, { hint: `write --${option} KEY=VALUE` });
  }
  return [key, value];
}

function splitPair(text: string): [string, string | undefined] {
  const equals = text.indexOf("=");
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

import { readFileSync } from "node:fs";
import { CalaError, isErrno } from "../base/error.ts";

/** A file's text, or undefined where there is no such file. */
export function readTextIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** A JSON file written by cala, or undefined where there is none. @throws CalaError `file-damaged` */
export function readJsonIfThere<T>(path: string): T | undefined {
  const text = readTextIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new CalaError("file-damaged", `the file "${path}" is damaged: it is not JSON`, { cause: error });
  }
}

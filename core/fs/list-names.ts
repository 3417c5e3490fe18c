import { readdirSync } from "node:fs";
import { isErrno } from "../base/error.ts";

/** The names in a directory; none where it is missing. */
export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

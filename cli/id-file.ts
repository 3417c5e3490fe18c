import { CalaError } from "../core/base/error.ts";
import { readText } from "./environment.ts";

/** The container id that `--cidfile` of run or create has written to a file. @throws CalaError `file-unreadable` and `cidfile-empty` */
export function readIdFile(path: string): string {
  const id = readText(path).split("\n")[0]?.trim() ?? "";
  if (id === "") throw new CalaError("cidfile-empty", `there is no container id in "${path}"`, { hint: "cala ps --all" });
  return id;
}

/** Checks of bind sources on the host, before anything is made. */
import { mkdirSync, statSync } from "node:fs";
import { CalaError, isErrno } from "../base/error.ts";
import type { MountRequest } from "./request.ts";

/**
 * Makes sure that every bind source exists; one that may be created (docker's `-v`) becomes a directory.
 * @throws CalaError `mount-source-missing`
 */
export function prepareBindSources(mounts: readonly MountRequest[]): void {
  for (const mount of mounts) {
    if (mount.kind === "bind") prepareSource(mount.source, mount.createSource);
  }
}

function prepareSource(source: string, create: boolean): void {
  try {
    statSync(source);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw new CalaError("mount-source-missing", `cannot use "${source}" as a mount source: ${(error as NodeJS.ErrnoException).code ?? ""}`, { cause: error });
    if (!create) throw new CalaError("mount-source-missing", `statfs ${source}: no such file or directory`, { cause: error, hint: `mkdir -p ${source}` });
    mkdirSync(source, { recursive: true });
  }
}

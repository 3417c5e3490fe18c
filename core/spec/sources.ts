/** Checks of bind sources on the host, before anything is made. */
import { lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { CalaError, isErrno } from "../base/error.ts";
import type { MountRequest } from "./request.ts";

/**
 * Makes sure that every bind source exists; one that may be created (docker's `-v`) becomes a directory.
 * @throws CalaError `mount-source-missing`
 */
export function prepareBindSources(mounts: readonly MountRequest[]): void {
  for (const mount of mounts) {
    if (mount.kind === "bind") prepareSource(mount.source, mount.createSource, mount.options.includes("no-dereference"));
  }
}

function prepareSource(source: string, create: boolean, isLinkEnough: boolean): void {
  try {
    if (isLinkEnough) lstatSync(source);
    else statSync(source);
  } catch (error) {
    if (!isErrno(error, "ENOENT", "ENOTDIR")) throw new CalaError("mount-source-missing", `cannot use "${source}" as a mount source: ${(error as NodeJS.ErrnoException).code ?? ""}`, { cause: error });
    if (!create) throw new CalaError("mount-source-missing", `statfs ${source}: no such file or directory`, { cause: error, hint: `mkdir -p ${source}` });
    mkdirSync(source, { recursive: true });
  }
}

/**
 * Patterns become one bind for each path of the host that they match. @throws CalaError `mount-source-missing` where there is none
 */
export function expandGlobs(mounts: readonly MountRequest[]): MountRequest[] {
  return mounts.flatMap((mount): MountRequest[] => {
    if (mount.kind !== "glob") return [mount];
    const found = matchesOf(mount.source);
    if (found.length === 0) throw new CalaError("mount-source-missing", `no file path matching glob "${mount.source}"`);
    return found.map((source) => ({ kind: "bind", source, target: mount.target === "/" ? source : join(mount.target, basename(source)), options: mount.options, createSource: false }));
  });
}

/** Paths that match, in order; `*` and `?` do not cross a slash, and a leading dot must be written. */
function matchesOf(pattern: string): string[] {
  let found = [""];
  for (const part of pattern.split("/").slice(1)) {
    const expression = new RegExp(`^${part.replace(/[.+^${}()|\\]/g, "\\$&").replace(/\*/g, "[^/]*").replace(/\?/g, "[^/]")}$`);
    const isPlain = !/[*?[]/.test(part);
    found = found.flatMap((directory) => (isPlain ? [`${directory}/${part}`] : entriesOf(directory).filter((name) => expression.test(name) && (part.startsWith(".") || !name.startsWith("."))).map((name) => `${directory}/${name}`)));
  }
  return found.filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined).sort();
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory === "" ? "/" : directory);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "EACCES")) return [];
    throw error;
  }
}

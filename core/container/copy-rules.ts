/** Where a copied thing goes: docker's rules for `cp SRC DEST`, by the kinds of both and how the paths are written. */
import { posix } from "node:path";
import { CalaError } from "../base/error.ts";

/** What a path is; links at its end have been followed, unless the link itself was meant. */
export interface PathFacts {
  readonly path: string;
  readonly kind: "missing" | "directory" | "file" | "link" | "other";
  /** Its directory exists. */
  readonly hasParent: boolean;
  /** For messages: `container web`, `the host`. */
  readonly where: string;
}

/** What to do. */
export interface CopyPlan {
  /** The name of the first entry; empty: the directory's content without itself. */
  readonly name: string;
  /** Into the directory that the target is; else the first entry takes the target's name. */
  readonly into: boolean;
}

const renamed: CopyPlan = { name: "x", into: false };

/** @throws CalaError `path-unknown`, `path-kind-improper` */
export function planCopy(source: PathFacts, target: PathFacts, overwrite: boolean): CopyPlan {
  const isDirectory = source.kind === "directory";
  checkSource(source);
  if (target.kind === "directory") return { name: isDirectory && meansContent(source.path) ? "" : posix.basename(posix.normalize(source.path)), into: true };
  const wantsDirectory = /\/\.?$/.test(target.path);
  if (target.kind === "missing") {
    if (wantsDirectory && !isDirectory) throw improper(target, "does not exist, and a file is not copied to a name that ends in a slash");
    if (!target.hasParent) throw new CalaError("path-unknown", `"${target.path}" could not be found on ${target.where}: its directory does not exist`);
    return renamed;
  }
  if (wantsDirectory) throw improper(target, "is not a directory");
  if (isDirectory && !overwrite) throw improper(target, "is a file, and a directory is not copied to a file");
  return renamed;
}

/** The name of a copied thing in a tar for standard output. @throws CalaError `path-unknown`, `path-kind-improper` */
export function streamName(source: PathFacts): string {
  checkSource(source);
  return source.kind === "directory" && meansContent(source.path) ? "" : posix.basename(posix.normalize(source.path));
}

function checkSource(source: PathFacts): void {
  if (source.kind === "missing") throw new CalaError("path-unknown", `"${source.path}" could not be found on ${source.where}: no such file or directory`);
  if (source.kind !== "directory" && /\/\.?$/.test(source.path)) throw improper(source, "is not a directory");
}

/** `DIR/.` and `/` mean what is in them. */
function meansContent(path: string): boolean {
  return /(^|\/)\.$/.test(path) || posix.normalize(path) === "/";
}

function improper(facts: PathFacts, what: string): CalaError {
  return new CalaError("path-kind-improper", `"${facts.path}" on ${facts.where} ${what}`);
}

import { readFileSync } from "node:fs";
import { CalaError, reasonOf } from "../core/base/error.ts";
import { parseEnv, parseEnvFile, type HostEnv } from "../core/spec/parse/environment.ts";

/** Where the variables of a container come from; later ones win. */
export interface EnvironmentSources {
  readonly files: readonly string[];
  readonly values: readonly string[];
  readonly host: HostEnv;
  /** Everything the caller has, below all else. */
  readonly passAll?: boolean;
}

/** `KEY=value` words from files and options. @throws CalaError `env-invalid`, `file-unreadable` */
export function environmentOf(sources: EnvironmentSources): string[] {
  const all = sources.passAll === true ? Object.entries(sources.host).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`])) : [];
  return [...all, ...sources.files.flatMap((file) => parseEnvFile(readText(file), file, sources.host)), ...sources.values.flatMap((text) => parseEnv(text, sources.host))];
}

/** A file that an option names. @throws CalaError `file-unreadable` */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CalaError("file-unreadable", `cannot read "${file}": ${reasonOf(error)}`, { cause: error });
  }
}

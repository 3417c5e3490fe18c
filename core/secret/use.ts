/** The secrets of a container, looked up anew at each start; their bytes are read by the monitor alone (native/secrets.c). */
import type { Dirs } from "../dirs/dirs.ts";
import type { SecretRequest } from "../spec/request.ts";
import { findSecret, secretDataFile } from "./record.ts";

/** The files of their bytes. @throws CalaError `secret-unknown` */
export function secretSources(dirs: Dirs, uses: readonly SecretRequest[]): string[] {
  return uses.map((use) => secretDataFile(dirs, findSecret(dirs, use.source).name));
}

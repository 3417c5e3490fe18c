/** The secrets of a container, read anew at each start. */
import type { Dirs } from "../dirs/dirs.ts";
import type { SecretFile } from "../plan/launch-details.ts";
import type { SecretRequest } from "../spec/request.ts";
import { findSecret, readSecretData } from "./record.ts";

/** The files to be made. @throws CalaError `secret-unknown` */
export function secretFiles(dirs: Dirs, uses: readonly SecretRequest[]): SecretFile[] {
  return uses.flatMap((use) => (use.kind === "mount" ? [{ destination: use.target, uid: use.uid, gid: use.gid, mode: use.mode, data: readSecretData(dirs, findSecret(dirs, use.source)) }] : []));
}

/** `KEY=value` for the environment. @throws CalaError `secret-unknown` */
export function secretVariables(dirs: Dirs, uses: readonly SecretRequest[]): string[] {
  return uses.flatMap((use) => (use.kind === "env" ? [`${use.target}=${readSecretData(dirs, findSecret(dirs, use.source)).toString("utf8")}`] : []));
}

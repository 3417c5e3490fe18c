/** The secrets of a container: files are copied into its directory when it is made, variables are looked up at each start. */
import { constants, copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Dirs } from "../dirs/dirs.ts";
import type { SecretRequest } from "../spec/request.ts";
import { findSecret, secretDataFile } from "./record.ts";

/** Which secret a file of the container's was made from. */
export interface SecretOrigin {
  readonly id: string;
  readonly name: string;
}

/** By its place in the request. */
const copyOf = (kept: string, index: number): string => join(kept, String(index));

/**
 * Copies what is to be files into the directory `kept`, which is the user's alone: what becomes of the secrets later changes nothing.
 * Variables must be there by now. @returns where the files are from, in their order @throws CalaError `secret-unknown`, `secret-ambiguous`
 */
export function keepSecrets(dirs: Dirs, uses: readonly SecretRequest[], kept: string): SecretOrigin[] {
  return uses.flatMap((use, index) => {
    const { id, name } = findSecret(dirs, use.source);
    if (use.kind !== "mount") return [];
    mkdirSync(kept, { recursive: true, mode: 0o700 });
    copyFileSync(secretDataFile(dirs, name), copyOf(kept, index), constants.COPYFILE_EXCL);
    return [{ id, name }];
  });
}

/** Copies what another container keeps. @returns false where it keeps none */
export function inheritSecrets(uses: readonly SecretRequest[], from: string, kept: string): boolean {
  if (!existsSync(from)) return false;
  mkdirSync(kept, { mode: 0o700 });
  for (const [index, use] of uses.entries()) if (use.kind === "mount") copyFileSync(copyOf(from, index), copyOf(kept, index), constants.COPYFILE_EXCL);
  return true;
}

/** The files of their bytes; containers of former versions keep none. @throws CalaError `secret-unknown`, `secret-ambiguous` */
export function secretSources(dirs: Dirs, uses: readonly SecretRequest[], kept: string): string[] {
  const isKept = existsSync(kept);
  return uses.map((use, index) => (isKept && use.kind === "mount" ? copyOf(kept, index) : secretDataFile(dirs, findSecret(dirs, use.source).name)));
}

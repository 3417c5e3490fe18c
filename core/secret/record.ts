/** What is known of a secret: `secrets/NAME/record.json`; its bytes are `secrets/NAME/data`. Both are the user's alone. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { secretDir, secretsDir } from "../dirs/paths.ts";
import { readJsonIfThere } from "../fs/read-json.ts";

/** What was decided when a secret was made. */
export interface SecretRecord {
  readonly version: 1;
  readonly id: string;
  readonly name: string;
  readonly driver: "file";
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Where a secret's record is. */
export const secretRecordFile = (dirs: Dirs, name: string): string => join(secretDir(dirs, name), "record.json");
/** Where its bytes are. */
export const secretDataFile = (dirs: Dirs, name: string): string => join(secretDir(dirs, name), "data");

/** Refuses names that podman refuses. @throws CalaError `secret-name-invalid` */
export function checkSecretName(name: string): void {
  if (!namePattern.test(name) || name.length > 253) throw new CalaError("secret-name-invalid", `invalid secret name "${name}": names must match [a-zA-Z0-9][a-zA-Z0-9_.-]* and have at most 253 letters`);
}

/** The secret of this very name, or undefined. */
export function readSecret(dirs: Dirs, name: string): SecretRecord | undefined {
  return namePattern.test(name) ? readJsonIfThere<SecretRecord>(secretRecordFile(dirs, name)) : undefined;
}

/** All secrets, by name. */
export function listSecrets(dirs: Dirs): SecretRecord[] {
  try {
    return readdirSync(secretsDir(dirs)).sort().flatMap((name) => readSecret(dirs, name) ?? []);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

/** A secret by its name, its id or an id's beginning. @throws CalaError `secret-unknown`, `secret-ambiguous` */
export function findSecret(dirs: Dirs, nameOrId: string): SecretRecord {
  const named = readSecret(dirs, nameOrId);
  if (named !== undefined) return named;
  const found = nameOrId === "" ? [] : listSecrets(dirs).filter((secret) => secret.id.startsWith(nameOrId));
  if (found.length > 1) throw new CalaError("secret-ambiguous", `more than one secret has an ID that begins with "${nameOrId}"`);
  const [only] = found;
  if (only === undefined) throw new CalaError("secret-unknown", `no secret with name or id "${nameOrId}": no such secret`, { hint: "cala secret ls" });
  return only;
}

/** The bytes of a secret. */
export function readSecretData(dirs: Dirs, secret: SecretRecord): Buffer {
  return readFileSync(secretDataFile(dirs, secret.name));
}

import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { timestamp } from "../base/clock.ts";
import { CalaError, isErrno } from "../base/error.ts";
import { newId } from "../base/id.ts";
import { ensureDir, type Dirs } from "../dirs/dirs.ts";
import { secretDir, secretsDir, stagingDir } from "../dirs/paths.ts";
import { writeAtomic, writeJson } from "../fs/write-atomic.ts";
import { checkSecretName, readSecret, type SecretRecord } from "./record.ts";

/** What a user asks of a new secret. */
export interface SecretRequest {
  readonly name: string;
  readonly data: Uint8Array;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Takes the place of a secret of this name. */
  readonly replace: boolean;
  /** Hands back a secret of this name that exists already. */
  readonly ignore: boolean;
}

/** As docker and podman have it. */
const mostBytes = 512_000;
const idDigits = 25;

/** Stores a secret; it appears as a whole, by a rename. One that takes the place of another keeps its id. @throws CalaError `secret-exists`, `secret-name-invalid`, `secret-invalid`, `secret-driver-unknown` */
export function createSecret(dirs: Dirs, request: SecretRequest): SecretRecord {
  checkSecretName(request.name);
  if (request.driver !== "file") throw new CalaError("secret-driver-unknown", `secret driver "${request.driver}" is not known`, { hint: "cala has the driver file" });
  const [option] = Object.keys(request.options);
  if (option !== undefined) throw new CalaError("secret-driver-unknown", `the driver "file" has no option "${option}"`);
  if (request.data.length === 0 || request.data.length >= mostBytes) throw new CalaError("secret-invalid", `secret data must be larger than 0 and less than ${mostBytes} bytes; this one has ${request.data.length}`);
  const existing = readSecret(dirs, request.name);
  if (existing !== undefined && request.ignore) return existing;
  if (existing !== undefined && !request.replace) throw inUse(request.name);
  const now = timestamp();
  const record: SecretRecord = { version: 1, id: newId().slice(0, idDigits), name: request.name, driver: "file", options: {}, createdAt: now, ...existing, labels: request.labels, updatedAt: now };
  if (existing === undefined) publish(dirs, record, request.data);
  else writeSecret(secretDir(dirs, record.name), record, request.data);
  return record;
}

function inUse(name: string): CalaError {
  return new CalaError("secret-exists", `"${name}": secret name in use`, { hint: `cala secret create --replace ${name} …` });
}

/** Each file is replaced as a whole: who reads a secret that is there finds the old bytes or the new ones. */
function writeSecret(dir: string, record: SecretRecord, data: Uint8Array): void {
  writeAtomic(join(dir, "data"), data, { durable: true });
  writeJson(join(dir, "record.json"), record, { durable: true });
}

function publish(dirs: Dirs, record: SecretRecord, data: Uint8Array): void {
  const staged = join(ensureDir(stagingDir(dirs)), `secret-${newId().slice(0, 16)}`);
  ensureDir(secretsDir(dirs));
  try {
    mkdirSync(staged, { mode: 0o700 });
    writeSecret(staged, record, data);
    renameSync(staged, secretDir(dirs, record.name));
  } catch (error) {
    if (isErrno(error, "ENOTEMPTY", "EEXIST")) throw inUse(record.name);
    throw error;
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

/** Removes a secret. Containers that run keep what they have. @returns its id */
export function removeSecret(dirs: Dirs, secret: SecretRecord): string {
  const away = join(ensureDir(stagingDir(dirs)), `secret-${newId().slice(0, 16)}`);
  renameSync(secretDir(dirs, secret.name), away);
  rmSync(away, { recursive: true, force: true });
  return secret.id;
}

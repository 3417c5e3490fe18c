/** Secrets in plans: where their bytes are read from, and what becomes of them. The bytes themselves are in no plan (native/secrets.c). */
import type { SecretFile, SecretVariable } from "./launch-details.ts";
import { op, planConstants, type PlanOp } from "./ops.ts";

/** Settings: the files that the monitor reads once, by their places in the list. */
export function compileSecretSources(sources: readonly string[]): PlanOp[] {
  return sources.map((path) => op("secret-source", { path }, `secret ("${path}")`));
}

/** Where most of them are: there they share one mount, which leaves no files behind in the container's own. */
const secretsDirectory = "/run/secrets";

/** Setup: secrets as files. */
export function compileSecretFiles(secrets: readonly SecretFile[]): PlanOp[] {
  const flags = planConstants["secret-flag"];
  const isShared = ({ destination }: SecretFile): boolean => destination.slice(0, destination.lastIndexOf("/")) === secretsDirectory;
  const shared = secrets.filter(isShared);
  return [...shared, ...secrets.filter((secret) => !isShared(secret))].map((secret, index) => op("secret", {
    ...secret, flags: index >= shared.length ? 0 : flags.shared | (index === 0 ? flags.first : 0) | (index === shared.length - 1 ? flags.last : 0),
  }, `secret ("${secret.destination}")`));
}

/** Setup: secrets that the environment gets later. */
export function compileSecretVariables(variables: readonly SecretVariable[]): PlanOp[] {
  return variables.map(({ name, index }) => op("secret-variable", { name, index }, `secret ("${name}")`));
}

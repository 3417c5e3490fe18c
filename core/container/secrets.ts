import { present } from "../base/assert.ts";
import { containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import type { RuntimeConfig } from "../oci/runtime-config.ts";
import type { SecretFile } from "../plan/launch-details.ts";
import type { ContainerRecord } from "./record.ts";

/** What a start gives the container's program, and no document of ours has. */
export interface ContainerSecrets {
  readonly files: readonly SecretFile[];
  /** `KEY=value`. */
  readonly variables: readonly string[];
}

/** The container's secrets as they are now; the wing is loaded only where there are some. @throws CalaError `secret-unknown` */
export async function secretsOf(engine: Engine, record: ContainerRecord): Promise<ContainerSecrets> {
  const uses = record.request.secrets ?? [];
  if (uses.length === 0) return { files: [], variables: [] };
  const { secretFiles, secretVariables } = await import("../secret/use.ts");
  return { files: secretFiles(engine.dirs, uses), variables: secretVariables(engine.dirs, uses) };
}

/** The variables that its secrets gave a container when it was launched, whatever has become of the secrets. */
export async function variablesOfLaunch(record: ContainerRecord, dir: string): Promise<ContainerSecrets> {
  const names = (record.request.secrets ?? []).flatMap((use) => (use.kind === "env" ? [use.target] : []));
  if (names.length === 0) return { files: [], variables: [] };
  const [{ readFileSync }, { decodePlan }] = await Promise.all([import("node:fs"), import("../plan/decode.ts")]);
  const environment = decodePlan(readFileSync(containerFiles.plan(dir))).ops.find(({ name }) => name === "environment");
  const all = (environment?.values["variables"] ?? []) as readonly string[];
  return { files: [], variables: all.filter((entry) => names.includes(entry.slice(0, entry.indexOf("=")))) };
}

/** A config for the plan alone: its program sees the variables, too. */
export function withVariables(config: RuntimeConfig, { variables }: ContainerSecrets): RuntimeConfig {
  const process = present(config.process, "a config without process");
  return variables.length === 0 ? config : { ...config, process: { ...process, env: [...process.env ?? [], ...variables] } };
}

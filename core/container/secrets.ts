import { present } from "../base/assert.ts";
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

/** A config for the plan alone: its program sees the variables, too. */
export function withVariables(config: RuntimeConfig, { variables }: ContainerSecrets): RuntimeConfig {
  const process = present(config.process, "a config without process");
  return variables.length === 0 ? config : { ...config, process: { ...process, env: [...process.env ?? [], ...variables] } };
}

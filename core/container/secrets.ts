import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import type { SecretLaunch, SecretVariable } from "../plan/launch-details.ts";
import type { ContainerRecord } from "./record.ts";

/**
 * Where the container's secrets are now, and what becomes of them: in the order of the request, so that a later exec can refer to what the
 * monitor keeps. The wing is loaded only where there are some. @throws CalaError `secret-unknown`
 */
export async function secretsOf(engine: Engine, record: ContainerRecord): Promise<SecretLaunch> {
  const uses = record.request.secrets ?? [];
  const sources = uses.length === 0 ? [] : (await import("../secret/use.ts")).secretSources(engine.dirs, uses, containerFiles.secrets(containerDir(engine.dirs, record.id)));
  return {
    sources, variables: secretVariables(record),
    files: uses.flatMap((use, index) => (use.kind === "mount" ? [{ destination: use.target, uid: use.uid, gid: use.gid, mode: use.mode, index }] : [])),
  };
}

/**
 * The record of a container that is being made, once its directory has the files of its secrets: those of the container that it is a copy of,
 * or the store's as they are now. @throws CalaError `secret-unknown`
 */
export async function withSecrets(engine: Engine, record: ContainerRecord, original?: ContainerRecord): Promise<ContainerRecord> {
  const uses = record.request.secrets;
  if (uses === undefined) return record;
  const { inheritSecrets, keepSecrets } = await import("../secret/use.ts");
  const keptBy = ({ id }: ContainerRecord): string => containerFiles.secrets(containerDir(engine.dirs, id));
  if (original?.secrets !== undefined && inheritSecrets(uses, keptBy(original), keptBy(record))) return { ...record, secrets: original.secrets };
  return { ...record, secrets: keepSecrets(engine.dirs, uses, keptBy(record)) };
}

/** The variables that secrets give to every process of the container. @param env `KEY=value` of one of them, which comes first */
export function secretVariables(record: ContainerRecord, env: readonly string[] = []): SecretVariable[] {
  return (record.request.secrets ?? []).flatMap((use, index) => (use.kind === "env" && !env.some((entry) => entry.startsWith(`${use.target}=`)) ? [{ name: use.target, index }] : []));
}

/** What a further process of a container is, whoever compiles its plan: `exec` itself, or the launch for execs to come. */
import type { RuntimeProcess } from "../oci/runtime-config.ts";
import { processCapabilities } from "../security/capabilities.ts";
import type { ContainerRecord } from "./record.ts";

/** What an exec asks for that decides over its process. */
export interface ExecProcessRequest {
  readonly command: readonly string[];
  /** `KEY=value`; put over the container's own. */
  readonly env: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
  readonly terminal: boolean;
  readonly privileged: boolean;
}

/** The container's own process with what the request changes. Says nothing of the size of a terminal. */
export function execProcess(own: RuntimeProcess, record: ContainerRecord, request: ExecProcessRequest): RuntimeProcess {
  const { consoleSize: _, ...base } = own;
  const { capAdd, capDrop, privileged } = record.request;
  return {
    ...base,
    args: request.command,
    env: mergeEnv(own.env ?? [], [...(request.terminal ? ["TERM=xterm"] : []), ...request.env]),
    cwd: request.workdir ?? own.cwd,
    terminal: request.terminal,
    user: request.user === undefined ? own.user : userOf(own, request.user),
    // Anew: another user than the container's own has other capabilities.
    capabilities: processCapabilities({ add: capAdd, drop: capDrop, privileged: request.privileged || privileged, user: request.user ?? own.user.username }),
  };
}

/** Those asked for, and the one that comes with the container's ids. */
export function furtherGroups({ request, identity }: ContainerRecord): readonly string[] {
  return identity?.group === undefined ? request.groupAdd : [...request.groupAdd, String(identity.group)];
}

/** Further groups and the personality of every process of the container. */
export function groupsOf(record: ContainerRecord): { readonly groups: readonly string[]; readonly keepGroups: boolean; readonly persona?: number } {
  const { persona } = record.request;
  const groupAdd = furtherGroups(record);
  return { groups: groupAdd.filter((group) => group !== "keep-groups"), keepGroups: groupAdd.includes("keep-groups"), ...(persona === undefined ? {} : { persona }) };
}

function userOf(own: RuntimeProcess, username: string): RuntimeProcess["user"] {
  return { ...own.user, username, uid: /^\d+/.test(username) ? Number.parseInt(username, 10) : 0 };
}

function mergeEnv(base: readonly string[], over: readonly string[]): string[] {
  const values = new Map<string, string>();
  for (const entry of [...base, ...over]) values.set(entry.slice(0, entry.indexOf("=")), entry);
  return [...values.values()];
}

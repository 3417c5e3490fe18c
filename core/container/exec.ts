import { approachCgroup } from "../cgroup/enter.ts";
import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { becomeExec } from "../monitor/become-exec.ts";
import type { RuntimeProcess } from "../oci/runtime-config.ts";
import { compileExec } from "../plan/compile.ts";
import { processCapabilities } from "../security/capabilities.ts";
import { seccompFilter } from "../security/seccomp/filter.ts";
import { windowSize } from "../sys/window-size.ts";
import { present } from "../base/assert.ts";
import { wrongState } from "./errors.ts";
import { readLaunchFacts, readRuntimeConfig } from "./launch.ts";
import type { ContainerRecord } from "./record.ts";
import { viewOf } from "./view.ts";

/** The further process and how the caller takes part in it. */
export interface ExecContainerRequest {
  readonly command: readonly string[];
  /** `KEY=value`; put over the container's own. */
  readonly env: readonly string[];
  readonly user?: string;
  readonly workdir?: string;
  readonly terminal: boolean;
  readonly stdin: boolean;
  readonly privileged: boolean;
  readonly detach: boolean;
  readonly detachKeys?: string;
}

/** podman's exit code for an exec in a container that does not run. */
const notRunningExitCode = 255;

/**
 * Becomes the native program that runs a further process in a running container; its exit code is that process's.
 * @throws CalaError `container-state-improper`
 */
export async function execInContainer(engine: Engine, record: ContainerRecord, request: ExecContainerRequest): Promise<never> {
  const view = viewOf(engine.dirs, record);
  if (view.status !== "running") throw wrongState(view, "exec in", { hint: `cala start ${record.name}`, exitCode: notRunningExitCode });
  const state = present(view.state, "a running container without state");
  const dir = containerDir(engine.dirs, record.id);
  const facts = present(readLaunchFacts(dir), "a running container without launch facts");
  const process = execProcess(present(readRuntimeConfig(dir).process, "a config without process"), record, request);
  const [cgroup] = facts.cgroupPaths;
  const warning = cgroup === undefined ? undefined : approachCgroup(cgroup);
  if (warning !== undefined) engine.notice(warning);
  const { filter } = await seccompFilter(engine.dirs, {
    seccomp: record.request.security.seccomp, privileged: request.privileged || record.request.privileged, capabilities: process.capabilities?.bounding ?? [],
  });
  const { bytes, origin } = compileExec(process, {
    pid: state.pid, pidStart: state.pidStart, monitorPid: state.monitorPid, monitorStart: state.monitorStart,
    namespaces: facts.namespaces, cgroupPaths: facts.cgroupPaths,
    init: false, groups: record.request.groupAdd.filter((group) => group !== "keep-groups"), keepGroups: record.request.groupAdd.includes("keep-groups"),
    ...(filter === undefined ? {} : { seccompFilter: filter }),
  });
  becomeExec({ dir, plan: bytes, detach: request.detach, args: clientArguments(request), origin: JSON.stringify(origin) });
}

function clientArguments(request: ExecContainerRequest): string[] {
  return [...(request.stdin ? [] : ["--no-stdin"]), ...(request.detachKeys === undefined ? [] : ["--detach-keys", request.detachKeys])];
}

/** The container's own process with what the request changes. */
export function execProcess(own: RuntimeProcess, record: ContainerRecord, request: ExecContainerRequest): RuntimeProcess {
  const { consoleSize: _, ...base } = own;
  const window = request.terminal ? windowSize() : undefined;
  const { capAdd, capDrop, privileged } = record.request;
  return {
    ...base,
    args: request.command,
    env: mergeEnv(own.env ?? [], [...(request.terminal ? ["TERM=xterm"] : []), ...request.env]),
    cwd: request.workdir ?? own.cwd,
    terminal: request.terminal,
    ...(window === undefined ? {} : { consoleSize: { height: window.rows, width: window.columns } }),
    user: request.user === undefined ? own.user : userOf(own, request.user),
    // Anew: another user than the container's own has other capabilities.
    capabilities: processCapabilities({ add: capAdd, drop: capDrop, privileged: request.privileged || privileged, user: request.user ?? own.user.username }),
  };
}

function userOf(own: RuntimeProcess, username: string): RuntimeProcess["user"] {
  return { ...own.user, username, uid: /^\d+/.test(username) ? Number.parseInt(username, 10) : 0 };
}

function mergeEnv(base: readonly string[], over: readonly string[]): string[] {
  const values = new Map<string, string>();
  for (const entry of [...base, ...over]) values.set(entry.slice(0, entry.indexOf("=")), entry);
  return [...values.values()];
}

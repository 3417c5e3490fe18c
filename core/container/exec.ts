import { approachCgroup } from "../cgroup/enter.ts";
import { containerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { becomeExec, type ExecRequest } from "../monitor/become-exec.ts";
import { compileExec } from "../plan/compile.ts";
import { seccompFilter } from "../security/seccomp/filter.ts";
import { windowSize } from "../sys/window-size.ts";
import { present } from "../base/assert.ts";
import { containerEvents } from "./events.ts";
import { wrongState } from "./errors.ts";
import { execProcess, groupsOf, type ExecProcessRequest } from "./exec-process.ts";
import { readLaunchFacts, readRuntimeConfig } from "./launch.ts";
import type { ContainerRecord } from "./record.ts";
import { secretVariables } from "./secrets.ts";
import { viewOf } from "./view.ts";

/** The further process and how the caller takes part in it. */
export interface ExecContainerRequest extends ExecProcessRequest {
  readonly stdin: boolean;
  readonly detach: boolean;
  readonly detachKeys?: string;
  /** Descriptors of this process, and the program's numbers for them. */
  readonly handed?: ExecRequest["handed"];
}

/** podman's exit code for an exec in a container that does not run. */
const notRunningExitCode = 255;

/**
 * Becomes the native program that runs a further process in a running container; its exit code is that process's.
 * @throws CalaError `container-state-improper`
 */
export async function execInContainer(engine: Engine, record: ContainerRecord, request: ExecContainerRequest): Promise<never> {
  becomeExec(await prepareExec(engine, record, request));
}

/** The plan of a further process, for `becomeExec` or `spawnExec`. @throws CalaError `container-state-improper` */
export async function prepareExec(engine: Engine, record: ContainerRecord, request: ExecContainerRequest): Promise<ExecRequest> {
  const view = viewOf(engine.dirs, record);
  if (view.status !== "running") throw wrongState(view, "exec in", { hint: `cala ${view.status === "paused" ? "unpause" : "start"} ${record.name}`, exitCode: notRunningExitCode });
  const state = present(view.state, "a running container without state");
  const dir = containerDir(engine.dirs, record.id);
  const facts = present(readLaunchFacts(dir), "a running container without launch facts");
  const config = readRuntimeConfig(dir);
  const process = execProcess(present(config.process, "a config without process"), record, request);
  const [cgroup] = facts.cgroupPaths;
  const warning = cgroup === undefined ? undefined : approachCgroup(cgroup);
  if (warning !== undefined) engine.notice(warning);
  const { filter } = await seccompFilter(engine.dirs, {
    seccomp: record.request.security.seccomp, privileged: request.privileged || record.request.privileged, capabilities: process.capabilities?.bounding ?? [],
  });
  const window = request.terminal ? windowSize() : undefined;
  const { bytes, origin } = compileExec(window === undefined ? process : { ...process, consoleSize: { height: window.rows, width: window.columns } }, {
    pid: state.pid, pidStart: state.pidStart, monitorPid: state.monitorPid, monitorStart: state.monitorStart,
    ...(facts.translation === undefined ? {} : { translation: facts.translation, config }), namespaces: facts.namespaces, cgroupPaths: facts.cgroupPaths,
    init: false, ...groupsOf(record), secretVariables: secretVariables(record, request.env), events: containerEvents(engine, record),
    ...(filter === undefined ? {} : { seccompFilter: filter }),
  });
  return { dir, plan: bytes, detach: request.detach, ...(request.handed === undefined ? {} : { handed: request.handed }), args: clientArguments(request), origin: JSON.stringify(origin) };
}

function clientArguments(request: ExecContainerRequest): string[] {
  return [...(request.stdin ? [] : ["--no-stdin"]), ...(request.detachKeys === undefined ? [] : ["--detach-keys", request.detachKeys])];
}

/** OCI runtime config + launch details → plan bytes. */
import { assert, present } from "../base/assert.ts";
import type { RuntimeConfig, RuntimeProcess } from "../oci/runtime-config.ts";
import { compileEnter, type EnterDetails } from "./compile-enter.ts";
import { compileCleanup, compileEvents, compileHost, compileSettings } from "./compile-host.ts";
import { compileSecretVariables } from "./compile-secrets.ts";
import { compileSetup } from "./compile-setup.ts";
import { compileTranslation } from "./compile-translation.ts";
import { encodePlan } from "./encode.ts";
import { cloneFlags, effectiveNamespaces, type EventsLaunch, type LaunchDetails, type NamespaceLaunch, type SecretVariable, type TranslationLaunch } from "./launch-details.ts";
import { op, type PlanOp } from "./ops.ts";
import { originOf, type PlanOrigin } from "./origin.ts";

/** A plan with what is needed to explain its failures. */
export interface CompiledPlan {
  /** For `containers/ID/plan`, or descriptor 3 of the `exec` applet. */
  readonly bytes: Uint8Array;
  /** For `containers/ID/origin.json`. */
  readonly origin: PlanOrigin;
}

/** The launch of a container. Root helper programs and files must exist when it runs, not now. @throws CalaError */
export function compile(config: RuntimeConfig, details: LaunchDetails): CompiledPlan {
  assert(config.process !== undefined, "a runtime config without process");
  assert(details.helpers.length <= 8, "too many helpers");
  return finish("container", [
    ...compileSettings(details),
    ...compileHost(details),
    ...(details.translation === undefined ? compileSetup(config, details) : compileTranslation(config, details.translation, { fills: details.volumeFills, accounts: details.accounts, variables: details.secrets?.variables ?? [] })),
    ...compileEnter(config.process, details),
    ...compileCleanup(details),
  ]);
}

/** The container that a further process joins. */
export interface ExecTarget extends EnterDetails {
  /** `pid` and `pidStart` of the container's state. */
  readonly pid: number;
  readonly pidStart: number;
  /** `monitorPid` and `monitorStart`: the way into the outer user namespace. */
  readonly monitorPid: number;
  readonly monitorStart: number;
  /** As at the launch: tells which namespaces are the container's and which the host's. */
  readonly namespaces: NamespaceLaunch;
  /** Directories of its cgroups, as at the launch. */
  readonly cgroupPaths: readonly string[];
  /** Of a container without namespaces, with its config. */
  readonly translation?: TranslationLaunch;
  readonly config?: RuntimeConfig;
  /** Those of the container's secrets that the process sees. */
  readonly secretVariables?: readonly SecretVariable[];
  /** Absent: the exec is not told of. */
  readonly events?: EventsLaunch;
}

/** One more process in a running container, for the `exec` applet. @throws CalaError */
export function compileExec(process: RuntimeProcess, target: ExecTarget): CompiledPlan {
  const console = process.consoleSize;
  if (target.translation !== undefined) return compileTranslatedExec(process, target, target.translation);
  const terminal = process.terminal === true ? [op("terminal", { rows: console?.height ?? 0, columns: console?.width ?? 0, bindConsole: 0 }, "process.terminal")] : [];
  return finish("exec", [
    op("join", { type: cloneFlags.user, pid: target.monitorPid, start: BigInt(target.monitorStart), path: "" }, "outer user namespace"),
    ...containerTypes(target.namespaces).map((type) => op("join", { type, pid: target.pid, start: BigInt(target.pidStart), path: "" }, "linux.namespaces")),
    ...(target.events === undefined ? [] : [compileEvents(target.events)]),
    ...target.cgroupPaths.map((path) => op("cgroup-join", { path }, "linux.cgroupsPath", "ignore")),
    ...compileSecretVariables(target.secretVariables ?? []),
    ...terminal,
    ...compileEnter(process, { ...target, init: false }),
  ]);
}

/** The same translation once more, with a supervisor of its own. */
function compileTranslatedExec(process: RuntimeProcess, target: ExecTarget, translation: TranslationLaunch): CompiledPlan {
  const config = { ...present(target.config, "a translation without config"), process };
  return finish("exec", [
    ...(target.events === undefined ? [] : [compileEvents(target.events)]),
    ...target.cgroupPaths.map((path) => op("cgroup-join", { path }, "linux.cgroupsPath", "ignore")),
    ...compileTranslation(config, translation, { pid: target.pid, start: target.pidStart, variables: target.secretVariables ?? [] }),
    ...compileEnter(process, { ...target, init: false }),
  ]);
}

/**
 * The namespaces that are not the host's, in two steps: those that belong to other containers while this process is still root of
 * the outer user namespace; then the container's own, which the kernel takes together, the user namespace first (setns(2) with a pidfd).
 */
function containerTypes(chosen: NamespaceLaunch): number[] {
  const namespaces = effectiveNamespaces(chosen);
  const types = ["network", "pid", "ipc", "uts", "cgroup"] as const;
  const foreign = types.filter((type) => typeof namespaces[type] === "object").reduce<number>((flags, type) => flags | cloneFlags[type], 0);
  const own = types.filter((type) => namespaces[type] === "new").reduce<number>((flags, type) => flags | cloneFlags[type], cloneFlags.mount);
  return [...(foreign === 0 ? [] : [foreign]), namespaces.user === "host" ? own : own | cloneFlags.user];
}

function finish(kind: "container" | "exec", planOps: readonly PlanOp[]): CompiledPlan {
  present(planOps.at(-1), "an empty plan");
  return { bytes: encodePlan(kind, planOps), origin: originOf(planOps) };
}


/** The settings, host and cleanup sections: facts for the monitor, namespaces, cgroups, helpers. */
import { basename } from "node:path";
import { compileSecretSources } from "./compile-secrets.ts";
import { mapLines, toOutside } from "../idmap/map.ts";
import { cloneFlags, effectiveNamespaces, type CgroupLaunch, type EventsLaunch, type HealthLaunch, type HelperLaunch, type LaunchDetails, type NamespaceChoice, type NetworkJoin } from "./launch-details.ts";
import { op, planConstants, type PlanOp } from "./ops.ts";

/** Where a container's shared memory is mounted. */
export const sharedMemoryPlace = "/dev/shm";

/** Numbers of the restart policies. */
export const restartPolicies = { no: 0, "on-failure": 1, always: 2, "unless-stopped": 3 } as const;
const readiness = {
  "at-once": planConstants["spawn-ready"].atOnce, byte: planConstants["spawn-ready"].byte,
  file: planConstants["spawn-ready"].file, "fuse-mount": planConstants["spawn-ready"].fuseMount,
  route: planConstants["spawn-ready"].route,
} as const;

/** The settings section: what the monitor must know, and the namespaces to make or join. */
export function compileSettings(details: LaunchDetails): PlanOp[] {
  const { events } = details.monitor;
  return [monitorSettings(details), outerMap(details), ...compileNamespaces(details), ...(events === undefined ? [] : [compileEvents(events)]), ...compileSupervision(details.monitor), ...compileResolver(details), ...compileSecretSources(details.secrets?.sources ?? []), ...(details.networkOff === true ? [op("network-off", {}, "network disconnect")] : [])];
}

/** Where events go: of the container, or of an exec in it. */
export function compileEvents({ file, maxBytes, subject }: EventsLaunch): PlanOp {
  return op("events", { file, maxBytes: BigInt(maxBytes), subject }, "events");
}

/** What the monitor does beyond waiting: health checks, lease. */
function compileSupervision({ health, lease, logAttributes = "", journal, service }: LaunchDetails["monitor"]): PlanOp[] {
  return [
    ...compileHealth(health),
    ...(lease === undefined ? [] : [op("lease", { pid: lease.pid, start: BigInt(lease.start) }, "--lease")]),
    ...(logAttributes === "" && journal === undefined ? [] : [op("log-details", { attributes: logAttributes, journalSocket: journal?.socket ?? "", journalFields: journal?.fields ?? "" }, "--log-opt")]),
    ...(service === undefined ? [] : [op("service", {
      notifyMode: planConstants.notify[service.notify], notifySocket: service.notifySocket, pidFile: service.pidFile, monitorPidFile: service.monitorPidFile,
    }, "--sdnotify and pid files")]),
  ];
}

/** The health checks that the monitor runs. */
export function compileHealth(health: HealthLaunch | undefined): PlanOp[] {
  const startup = health?.startup;
  return [
    ...(health === undefined ? [] : [op("health-check", {
      execPlan: health.execPlan, intervalMs: health.intervalMs, timeoutMs: health.timeoutMs, startPeriodMs: health.startPeriodMs, startIntervalMs: health.startIntervalMs,
      retries: health.retries, onFailure: planConstants["health-failure"][health.onFailure], log: health.log, logCount: health.maxLogCount, logBytes: health.maxLogBytes,
    }, "health check")]),
    ...(startup === undefined ? [] : [op("startup-check", {
      execPlan: startup.execPlan, intervalMs: startup.intervalMs, timeoutMs: startup.timeoutMs, retries: startup.retries, successes: startup.successes,
    }, "start-up health check")]),
  ];
}

function monitorSettings({ monitor }: LaunchDetails): PlanOp {
  const bits = planConstants.monitor;
  const flags = (monitor.terminal ? bits.tty : 0) | (monitor.stdin ? bits.stdin : 0) | (monitor.remove ? bits.remove : 0) | (monitor.stdinOnce ? bits.stdinOnce : 0);
  return op("monitor", {
    containerId: monitor.containerId, logPath: monitor.logPath ?? "", logMaxBytes: BigInt(monitor.logMaxBytes), logMaxFiles: monitor.logMaxFiles, flags,
    stopSignal: monitor.stopSignal, stopTimeoutMs: monitor.stopTimeoutMs, restartPolicy: restartPolicies[monitor.restart.policy], restartMaximum: monitor.restart.maximum,
    timeoutMs: monitor.timeoutMs,
  }, "monitor settings");
}

/** Empty where there is no such namespace. */
function outerMap({ outerIds, translation }: LaunchDetails): PlanOp {
  const [uids, gids] = translation === undefined ? [mapLines(outerIds.uids), mapLines(outerIds.gids)] : [[], []];
  return op("outer-map", { uids, gids }, "subordinate ids");
}

function compileResolver({ resolver }: LaunchDetails): PlanOp[] {
  if (resolver === undefined) return [];
  const { path, forwarder, gateway, search, options, verbatim } = resolver;
  return [op("resolver", { path, forwarder, gateway, search, options, verbatim: verbatim ? 1 : 0 }, "resolv.conf")];
}

/** New namespaces, and those to join. The user namespace is joined last: the others may belong to its parent. */
function compileNamespaces(details: LaunchDetails): PlanOp[] {
  if (details.translation !== undefined) return [op("namespaces", { create: 0, flags: 0 }, "linux.namespaces")];
  const { nestedIds, nestedOptional } = details;
  const namespaces = effectiveNamespaces(details.namespaces);
  const choices: (readonly [keyof typeof cloneFlags, NamespaceChoice])[] = [
    ["network", namespaces.network], ["pid", namespaces.pid], ["ipc", namespaces.ipc], ["uts", namespaces.uts], ["cgroup", namespaces.cgroup], ["user", namespaces.user],
  ];
  const create = choices.filter(([, choice]) => choice === "new").reduce<number>((flags, [type]) => flags | cloneFlags[type], cloneFlags.mount);
  const result = [op("namespaces", { create, flags: nestedOptional ? planConstants.namespaces.nestedOptional : 0 }, "linux.namespaces")];
  if (namespaces.user === "new") result.push(op("nested-map", { uids: mapLines(nestedIds.uids), gids: mapLines(nestedIds.gids) }, "linux.uidMappings and linux.gidMappings"));
  for (const [type, choice] of choices) {
    if (typeof choice !== "object") continue;
    const target = "path" in choice ? { pid: 0, start: 0n, path: choice.path } : { pid: choice.pid, start: BigInt(choice.start), path: "" };
    result.push(op("join", { type: cloneFlags[type], ...target }, `linux.namespaces (${type})`));
  }
  return result;
}

/** The host section: control groups and helper programs. */
export function compileHost(details: LaunchDetails): PlanOp[] {
  return [...compileOwners(details), ...compileCgroup(details.cgroup ?? { paths: [], limits: [] }), ...details.helpers.map(compileHelper), ...(details.networks ?? []).map(compileJoin), ...compileBorrowing(details)];
}

/** Who joins another container's ipc namespace sees its shared memory, which is a mount. */
function compileBorrowing({ namespaces: { ipc } }: LaunchDetails): PlanOp[] {
  return typeof ipc === "object" && "pid" in ipc ? [op("borrow-mount", { pid: ipc.pid, start: BigInt(ipc.start), path: sharedMemoryPlace }, "shared memory of the other container")] : [];
}

/** The control group: made, given its limits, joined. */
export function compileCgroup(cgroup: CgroupLaunch): PlanOp[] {
  return [
    ...cgroup.paths.map((path) => op("cgroup-create", { path }, "linux.cgroupsPath")),
    ...cgroup.limits.map(({ file, value, optional }) => op("cgroup-write", { path: file, value }, `"${value}" for ${basename(file)}`, optional === true ? "ignore" : "fail")),
    ...cgroup.paths.map((path) => op("cgroup-join", { path }, "linux.cgroupsPath")),
  ];
}

function compileOwners({ owned, nestedIds }: LaunchDetails): PlanOp[] {
  const root = { uid: toOutside(nestedIds.uids, 0) ?? 0, gid: toOutside(nestedIds.gids, 0) ?? 0 };
  return owned.map((path) => op("owner", { path, ...root }, "linux.uidMappings and linux.gidMappings"));
}

function compileHelper(helper: HelperLaunch): PlanOp {
  return op("spawn", {
    name: helper.name, when: planConstants["spawn-when"][helper.when], ready: readiness[helper.ready.kind],
    end: helper.endsAlone === true ? planConstants["spawn-end"].alone : planConstants["spawn-end"].awaited, readyPath: readyText(helper),
    timeoutMs: helper.timeoutMs ?? 10_000, argv: helper.argv, env: helper.env,
  }, `helper "${helper.name}"`);
}

function compileJoin({ network, directory, config, request }: NetworkJoin): PlanOp {
  return op("network-join", { directory, config, request }, `network "${network}"`);
}

function readyText({ ready }: HelperLaunch): string {
  if (ready.kind === "route") return ready.families;
  return "path" in ready ? ready.path : "";
}

/** The cleanup section: what goes with `--rm`, and files that helpers leave. */
export function compileCleanup({ cleanup }: LaunchDetails): PlanOp[] {
  const links = cleanup.removeLinks;
  return [
    ...(links === undefined ? [] : [op("remove-links", links, "--rm", "ignore")]),
    ...cleanup.unlink.map((path) => op("unlink", { path }, "--rm", "ignore")),
    ...cleanup.removeTrees.map((path) => op("remove-tree", { path }, "--rm", "ignore")),
  ];
}

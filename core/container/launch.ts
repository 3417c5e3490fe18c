/** Everything that is decided anew at each start: network, namespaces, control group, and with them config and plan. */
import { readFileSync, mkdirSync } from "node:fs";
import { hostname as hostName } from "node:os";
import { join } from "node:path";
import { present } from "../base/assert.ts";
import { CalaError, reasonOf } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import { placeCgroup, type CgroupPlacement } from "../cgroup/place.ts";
import { cgroupKind } from "../cgroup/detect.ts";
import { containerDir, containerFiles, containerNamesDir, volumeDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { writeAtomic, writeJson } from "../fs/write-atomic.ts";
import { namespaceObstacle } from "../idmap/namespaces.ts";
import type { IdSupport } from "../idmap/probe.ts";
import { storeIds } from "../idmap/store-ids.ts";
import type { Addresses } from "../network/modes/mode.ts";
import type { AttachedNetwork } from "../network/user/join.ts";
import type { FileSource } from "../network/files.ts";
import { planNetwork, type NetworkPlan } from "../network/plan.ts";
import { readMonitorState } from "../monitor/state.ts";
import { checkSecurityModules } from "../security/modules.ts";
import type { SelinuxLabels } from "../security/selinux.ts";
import { hasSelinux } from "../security/selinux-policy.ts";
import type { CdiHook } from "../spec/cdi.ts";
import type { ContainerRequest } from "../spec/request.ts";
import type { CdiRequest } from "./cdi.ts";
import type { RuntimeConfig, RuntimeProcess } from "../oci/runtime-config.ts";
import { compile } from "../plan/compile.ts";
import { effectiveNamespaces, type LaunchDetails, type NamespaceChoice, type NamespaceLaunch, type TranslationLaunch } from "../plan/launch-details.ts";
import { seccompFilter } from "../security/seccomp/filter.ts";
import { buildRuntimeConfig, type ContainerEtcFiles } from "../spec/build.ts";
import { expandDevices, hostDevices, tellUnkeptAccess } from "../spec/devices.ts";
import type { NamespaceChoices } from "../spec/namespaces.ts";
import { groupNames, stopSignalName, stopTimeoutSeconds } from "../spec/process.ts";
import { parseSignal } from "../spec/parse/signal.ts";
import type { PortRequest } from "../spec/request.ts";
import { parseHardLimits } from "../spec/rlimits.ts";
import { prepareStorage } from "../storage/prepare.ts";
import { chooseNamespaces, joinableContainer } from "./namespaces.ts";
import type { ContainerRecord } from "./record.ts";
import { containerEvents } from "./events.ts";
import { furtherGroups } from "./exec-process.ts";
import { writeExecTemplate, type TemplateLaunch } from "./exec-template.ts";
import { logLaunchOf } from "./log-launch.ts";
import { notifyProxy, serviceLaunch } from "./service-launch.ts";
import { imageText } from "./image-text.ts";
import { healthLaunch, writeHealthPlans } from "./health-plans.ts";
import { prepareMounts, type PreparedMounts } from "./mounts.ts";
import { secretsOf } from "./secrets.ts";
import { zoneData } from "./time-zone.ts";
import { tellOnce } from "./tell-once.ts";
import { answersApt, nestedIds, ownership, withMountedNetwork } from "./ownership.ts";
import { movedIds } from "./user-namespace.ts";
import { hostNamespaces, requestWithoutNamespaces, rungNotice, translationOf } from "./without-namespaces.ts";

/** What was decided at the last start; `containers/ID/launch.json`. */
export interface LaunchFacts {
  readonly networkMode: string;
  readonly addresses: Addresses;
  /** With host ports chosen. */
  readonly ports: readonly PortRequest[];
  readonly namespaces: NamespaceLaunch;
  /** User-defined networks that it is on. */
  readonly networks: readonly AttachedNetwork[];
  /** Directories of its cgroups; none where the host gives no room for any. */
  readonly cgroupPaths: readonly string[];
  /** Absent: it has namespaces. */
  readonly translation?: TranslationLaunch;
  /** Its own categories, where the host has SELinux. */
  readonly selinuxLevel?: string;
}

/** The facts of the last start. */
export function readLaunchFacts(dir: string): LaunchFacts | undefined {
  return readJsonIfThere<LaunchFacts>(containerFiles.launch(dir));
}

/**
 * Writes config, plan and files of a container. For a start, this process also finds the control group, into whose scope it
 * may move; nothing is started yet.
 * @throws CalaError of whatever cannot be had
 */
export async function prepareLaunch(engine: Engine, asked: ContainerRecord, purpose: "create" | "start"): Promise<LaunchFacts> {
  const dir = containerDir(engine.dirs, asked.id);
  const obstacle = await namespaceObstacle(engine);
  const { request, hooks } = await onThisHost(obstacle === undefined ? asked.request : requestWithoutNamespaces(asked.request, obstacle), asked.args);
  const record = { ...asked, request };
  const { image } = record;
  const ids = storeIds(engine);
  const notice = obstacle === undefined ? ids.notice : rungNotice(obstacle);
  if (notice !== undefined) tellOnce(engine, notice);
  const network = await planNetworkOf(engine, record, purpose);
  const cgroup = purpose === "start" ? await placeCgroup(record.id, request.limits, request.cgroup) : { paths: [], limits: [], warnings: [] };
  for (const warning of cgroup.warnings) engine.notice(warning);
  const namespaces: NamespaceLaunch = obstacle === undefined ? { ...chooseNamespaces(engine, request.namespaces), network: network.namespace } : hostNamespaces;
  const mounts = await prepareMounts(engine, record);
  const selinux = hasSelinux() ? await import("./selinux.ts") : undefined;
  const level = selinux?.levelOfContainer(engine, record.id, readLaunchFacts(dir)) ?? "";
  const wanted = selinux?.labelsOfContainer(engine, record, level);
  const proxy = notifyProxy(engine.env, request, dir);
  tellUnkeptAccess(request.devices, engine.notice);
  const files = writeEtcFiles(dir, network, record, answersApt(engine, record, ids));
  const configWith = (labels: SelinuxLabels | undefined): RuntimeConfig => buildRuntimeConfig({
    request: asWhom(proxy.request, record), image: image.defaults, id: record.id, rootfs: containerFiles.rootfs(dir),
    files, namespaces: namespaceChoices(namespaces, request.namespaces.ipc),
    mounts: [...mounts.planned, ...proxy.mounts], sources: mounts.sources, devices: expandDevices([...request.devices, ...(request.privileged ? hostDevices() : [])]),
    ...(namespaces.user === "new" ? nestedIds(record, ids) : { uids: [], gids: [] }),
    ...(labels === undefined ? {} : { labels }),
    host: { hardLimits: parseHardLimits(readFileSync("/proc/self/limits", "utf8")), cgroup: cgroupKind() === "unified" ? "v2" : "none", hostname: hostName(), oomScoreAdj: Number(readFileSync("/proc/self/oom_score_adj", "utf8")) },
  });
  const drafted = configWith(wanted);
  const translation = obstacle === undefined ? undefined : translationOf(engine, record.id, request, drafted);
  const details = await launchDetails(engine, drafted, { translation, record, dir, ids, network, cgroup, namespaces, mounts, hooks });
  const labels = await selinux?.relabelFiles(engine, record, { mounts, storage: details.storage, dir }, level, wanted);
  const config = labels === wanted ? drafted : configWith(labels);
  const secrets = await secretsOf(engine, record);
  const plan = compile(config, { ...details, secrets });
  writeJson(containerFiles.config(dir), config);
  writeAtomic(containerFiles.plan(dir), plan.bytes);
  writeJson(containerFiles.origin(dir), plan.origin);
  if (purpose === "start") writeExecPlans(engine, record, present(config.process, "a config without process"), { ...(translation === undefined ? {} : { translation, config }), namespaces, cgroupPaths: cgroup.paths, ...(details.seccompFilter === undefined ? {} : { seccompFilter: details.seccompFilter }) });
  const facts: LaunchFacts = { networkMode: network.modeName, addresses: network.addresses, ports: network.ports, networks: network.networks, namespaces, cgroupPaths: cgroup.paths, ...(translation === undefined ? {} : { translation }), ...(level === "" ? {} : { selinuxLevel: level }) };
  if (network.gateText !== undefined) writeAtomic(containerFiles.gate(dir), network.gateText);
  if (network.networks.length > 0) writeAtomic(containerFiles.networks(dir), network.networks.map(({ directory }) => `${directory}\n`).join(""));
  writeJson(containerFiles.launch(dir), facts);
  return facts;
}

/** The request with what this host says of its devices; and whether its security modules are there. */
async function onThisHost(request: ContainerRequest, args: readonly string[]): Promise<CdiRequest> {
  checkSecurityModules(request.security);
  const hooks = request.hooksDirs === undefined ? [] : (await import("./hooks.ts")).hooksOf({ request, args });
  if (request.cdi === undefined) return { request, hooks };
  const withDevices = await (await import("./cdi.ts")).withCdiDevices(request);
  return { ...withDevices, hooks: [...withDevices.hooks, ...hooks] };
}

/** The plans of processes to come: of plain execs, and of the health check. */
function writeExecPlans(engine: Engine, record: ContainerRecord, own: RuntimeProcess, launch: TemplateLaunch): void {
  const dir = containerDir(engine.dirs, record.id);
  writeExecTemplate(dir, record, own, { ...launch, events: containerEvents(engine, record) });
  writeHealthPlans(dir, record, own, launch);
}

/** The config that was written last. */
export function readRuntimeConfig(dir: string): RuntimeConfig {
  return JSON.parse(readFileSync(containerFiles.config(dir), "utf8")) as RuntimeConfig;
}

async function planNetworkOf(engine: Engine, record: ContainerRecord, purpose: "create" | "start"): Promise<NetworkPlan> {
  const { request } = record;
  const last = readLaunchFacts(containerDir(engine.dirs, record.id));
  const fixed = last?.ports;
  const network = fixed === undefined ? request.network : { ...request.network, ports: fixed, publishAll: false };
  return await planNetwork(network, {
    containerId: record.id, containerName: record.name,
    hostname: request.namespaces.uts === "host" ? hostName() : request.hostname ?? shortId(record.id),
    exposedPorts: Object.keys(record.image.defaults.ExposedPorts ?? {}),
    dirs: engine.dirs, isRunning: (id) => isRunning(engine, id), previous: last?.networks ?? [],
    env: engine.env, notice: engine.notice,
    ...baseHosts(engine, record),
    findContainer: (name) => joinableContainer(engine, name), starting: purpose === "start",
  });
}

/** Read anew at each start. */
function baseHosts(engine: Engine, record: ContainerRecord): { readonly baseHosts?: string } {
  const file = record.request.network.hostsFile;
  if (file === undefined) return {};
  if (file === "none") return { baseHosts: "" };
  if (file === "image") return { baseHosts: imageText(engine, record, "hosts") };
  try {
    return { baseHosts: readFileSync(file, "utf8") };
  } catch (error) {
    throw new CalaError("hosts-file-unreadable", `cannot read the hosts file "${file}": ${reasonOf(error)}`, { cause: error });
  }
}

/** Whether a container is alive, by its id alone. */
export function isRunning(engine: Engine, id: string): boolean {
  const status = readMonitorState(containerDir(engine.dirs, id))?.status;
  return status !== undefined && status !== "exited";
}

function writeEtcFiles(dir: string, network: NetworkPlan, record: ContainerRecord, answersApt: boolean): ContainerEtcFiles {
  const etc = containerFiles.etc(dir);
  mkdirSync(etc, { recursive: true, mode: 0o755 });
  const place = (name: string, source: FileSource | { readonly text: Uint8Array }): string => {
    if ("path" in source) return source.path;
    const path = join(etc, name);
    writeAtomic(path, source.text, { mode: 0o644 });
    return path;
  };
  const { hosts, resolvConf, hostname } = network.files;
  const { timezone } = record.request;
  return {
    ...(hosts === undefined ? {} : { hosts: place("hosts", hosts) }),
    ...(resolvConf === undefined ? {} : { resolvConf: place("resolv.conf", resolvConf) }),
    ...(hostname === undefined ? {} : { hostname: place("hostname", hostname) }),
    ...(timezone === undefined ? {} : { localTime: place("localtime", { text: zoneData(timezone) }) }),
    // apt looks whether it has become the user for downloads, and there is none.
    ...(answersApt ? { aptConfig: place("apt-single-id", { text: `APT::Sandbox::User "root";\n` }) } : {}),
    containerEnv: place("containerenv", { text: `engine="cala"\nname="${record.name}"\nid="${record.id}"\nimage="${record.imageName}"\nimageid="${record.imageId}"\nrootless=1\n` }),
  };
}

/** The launch's choices in the words of the spec. */
function namespaceChoices(chosen: NamespaceLaunch, ipc: string): NamespaceChoices {
  const launch = effectiveNamespaces(chosen);
  const word = (choice: NamespaceChoice): NamespaceChoices["network"] => {
    if (choice === "new") return { kind: "private" };
    if (choice === "host") return { kind: "host" };
    return { kind: "path", path: "path" in choice ? choice.path : `/proc/${choice.pid}/ns` };
  };
  return {
    network: word(launch.network), pid: word(launch.pid), uts: word(launch.uts), cgroup: word(launch.cgroup), user: word(launch.user),
    ipc: ipc === "none" ? { kind: "none" } : word(launch.ipc),
  };
}

interface DetailParts {
  readonly record: ContainerRecord;
  readonly dir: string;
  readonly ids: IdSupport;
  readonly network: NetworkPlan;
  readonly cgroup: CgroupPlacement;
  readonly namespaces: NamespaceLaunch;
  readonly mounts: PreparedMounts;
  readonly hooks: readonly CdiHook[];
  readonly translation: TranslationLaunch | undefined;
}

async function launchDetails(engine: Engine, config: RuntimeConfig, parts: DetailParts): Promise<LaunchDetails> {
  const { record, dir, ids, network, cgroup, namespaces } = parts;
  const { request } = record;
  const [storage, { filter, warning }] = await Promise.all([
    prepareStorage(engine, { ...record, movedIds: movedIds(record) }, dir),
    seccompFilter(engine.dirs, { seccomp: request.security.seccomp, privileged: request.privileged, capabilities: config.process?.capabilities?.bounding ?? [] }),
  ]);
  if (warning !== undefined) engine.notice(warning);
  const { translation } = parts;
  return {
    ...(translation === undefined ? {} : { translation }),
    storage: storage.launch,
    outerIds: { uids: ids.uids, gids: ids.gids },
    nestedIds: nestedIds(record, ids),
    // The outer namespace cannot stand in for one whose ids differ.
    nestedOptional: movedIds(record) === undefined,
    ...ownership(record, storage.owned, parts.mounts, dir),
    namespaces,
    monitor: monitorLaunch(engine, record, dir),
    helpers: [...storage.helpers, ...(namespaces.user === "host" ? withMountedNetwork(network.helpers, dir) : network.helpers)],
    networks: network.joins, ...(request.network.hasLeft === true ? { networkOff: true } : {}),
    ...(network.resolver === undefined || network.files.resolvConf === undefined ? {} : { resolver: { ...network.resolver, path: join(containerFiles.etc(dir), "resolv.conf") } }),
    ...(filter === undefined ? {} : { seccompFilter: filter }),
    cgroup: { paths: cgroup.paths, limits: cgroup.limits },
    cleanup: {
      unlink: [...network.leftovers, ...(translation === undefined ? [] : [translation.alias])],
      ...(request.remove ? { removeLinks: { directory: containerNamesDir(engine.dirs), target: record.id } } : {}),
      removeTrees: request.remove ? [...record.volumes.filter((volume) => volume.anonymous).map((volume) => volumeDir(engine.dirs, volume.name)), dir] : [...parts.mounts.passing],
    },
    volumeFills: parts.mounts.fills, imageMounts: parts.mounts.imageMounts, subpaths: parts.mounts.subpaths,
    hooks: parts.hooks.map(({ path, args, env, timeout }) => ({ path, argv: args ?? [path], env: env ?? [], timeoutMs: (timeout ?? 0) * 1000 })),
    bundle: dir,
    ...(request.persona === undefined ? {} : { persona: request.persona }),
    init: request.init,
    groups: groupNames(request).filter((group) => group !== "keep-groups"),
    keepGroups: request.groupAdd.includes("keep-groups"),
  };
}

/** With the user and the group that come with the container's ids. */
function asWhom(request: ContainerRequest, record: ContainerRecord): ContainerRequest {
  const user = record.identity?.user;
  return { ...request, groupAdd: furtherGroups(record), ...(user === undefined ? {} : { user }) };
}

function monitorLaunch(engine: Engine, record: ContainerRecord, dir: string): LaunchDetails["monitor"] {
  const { request, image } = record;
  const health = healthLaunch(record, dir);
  const log = logLaunchOf(record, dir);
  const service = serviceLaunch(engine.env, record);
  return {
    containerId: record.id,
    ...(log.path === undefined ? {} : { logPath: log.path }),
    logMaxBytes: log.maxBytes, logMaxFiles: log.maxFiles, logAttributes: log.attributes,
    ...(log.journal === undefined ? {} : { journal: log.journal }),
    ...(service === undefined ? {} : { service }),
    terminal: request.terminal,
    stdin: request.stdin,
    stdinOnce: request.stdin && !request.terminal,
    remove: request.remove,
    stopSignal: parseSignal(stopSignalName(request, image.defaults)),
    stopTimeoutMs: Math.max(0, stopTimeoutSeconds(request)) * 1000,
    restart: { policy: request.restart.name, maximum: request.restart.maximumRetries },
    timeoutMs: (request.timeoutSeconds ?? 0) * 1000,
    events: containerEvents(engine, record),
    ...(health === undefined ? {} : { health }),
    ...(request.lease === undefined ? {} : { lease: request.lease }),
  };
}

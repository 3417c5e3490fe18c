/** Request and image config to OCI runtime config. Pure: everything that depends on the host comes in. */
import { shortId } from "../base/id.ts";
import { runtimeResources } from "../cgroup/limits.ts";
import type { IdRange } from "../idmap/map.ts";
import type { IdMapping, RuntimeConfig, RuntimeLinux, RuntimeMount, RuntimeProcess, RuntimeSeccomp } from "../oci/runtime-config.ts";
import { processCapabilities } from "../security/capabilities.ts";
import { isUnmasked, pathMasks } from "../security/masks.ts";
import { deviceMount } from "./devices.ts";
import type { ImageDefaults } from "./image-defaults.ts";
import { fileMount, orderMounts, readOnlyTmpfsMounts, requestedMount, systemMounts, type MountSources } from "./mounts.ts";
import { ownsNamespace, runtimeNamespaces, type NamespaceChoices } from "./namespaces.ts";
import { processArgs, processDirectory, processEnv, processUser, stopSignalName } from "./process.ts";
import type { ContainerRequest, DeviceRequest, MountRequest } from "./request.ts";
import { processRlimits, type HardLimits } from "./rlimits.ts";
import { containerSysctls } from "./sysctls.ts";

/** Read by apt after the image's own files. */
export const aptConfigPath = "/etc/apt/apt.conf.d/zz-single-id";

/** As docker has it. */
export const defaultShmBytes = 64 * 2 ** 20;

/** Files that cala keeps for the container; each is bound where it is given. */
export interface ContainerEtcFiles {
  readonly hosts?: string;
  readonly resolvConf?: string;
  readonly hostname?: string;
  /** Data of a time zone. */
  readonly localTime?: string;
  /** Becomes /run/.containerenv. */
  readonly containerEnv?: string;
  /** For apt, where there is no other user for its downloads. */
  readonly aptConfig?: string;
}

/** What a config takes from the host. */
export interface HostFacts {
  readonly hardLimits: HardLimits;
  /** `none`: no cgroup v2, /sys/fs/cgroup is not mounted. */
  readonly cgroup: "v2" | "none";
  readonly hostname: string;
  /** This process's own adjustment: an ordinary user cannot go below it. */
  readonly oomScoreAdj: number;
}

/** Everything that a runtime config is made of. */
export interface BuildInput {
  readonly request: ContainerRequest;
  readonly image: ImageDefaults;
  readonly id: string;
  readonly rootfs: string;
  readonly files: ContainerEtcFiles;
  readonly namespaces: NamespaceChoices;
  /** From `plannedMounts`. */
  readonly mounts: readonly MountRequest[];
  /** Where the volumes and images of `mounts` are, by target. */
  readonly sources: MountSources;
  /** From `expandDevices`; for a privileged container with `hostDevices`. */
  readonly devices: readonly DeviceRequest[];
  /** The container's user namespace, `outside` in the outer one; empty where it has none of its own. */
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
  /** SELinux labels. */
  readonly labels?: { readonly process: string; readonly file: string };
  readonly host: HostFacts;
  /** Another container's or a pod's shared memory directory. */
  readonly shmDir?: string;
  readonly seccomp?: RuntimeSeccomp;
}

/** The OCI runtime config of a new container. @throws CalaError for everything in the request that cannot be */
export function buildRuntimeConfig(input: BuildInput): RuntimeConfig {
  const { request, image } = input;
  const hostname = containerHostname(input);
  return {
    ociVersion: "1.0.2",
    process: buildProcess(input, hostname ?? input.host.hostname),
    root: { path: input.rootfs, readonly: request.readOnly },
    ...(hostname === undefined ? {} : { hostname }),
    ...(request.domainname === undefined ? {} : { domainname: request.domainname }),
    mounts: buildMounts(input),
    annotations: { ...request.annotations, "io.container.manager": "cala", "org.opencontainers.image.stopSignal": stopSignalName(request, image) },
    linux: buildLinux(input),
  };
}

/** The container's host name, or undefined where it has the host's. */
function containerHostname(input: BuildInput): string | undefined {
  return input.namespaces.uts.kind === "private" ? (input.request.hostname ?? shortId(input.id)) : undefined;
}

function buildProcess(input: BuildInput, hostname: string): RuntimeProcess {
  const { request, image, host } = input;
  const user = request.user ?? image.User;
  return {
    terminal: request.terminal,
    user: processUser(request, image),
    args: processArgs(request, image),
    env: processEnv(request, image, hostname),
    cwd: processDirectory(request, image),
    capabilities: processCapabilities({ add: request.capAdd, drop: request.capDrop, privileged: request.privileged, user }),
    rlimits: processRlimits(request.ulimits, host.hardLimits, request.ulimitsOfHost),
    noNewPrivileges: request.security.noNewPrivileges,
    ...(request.oomScoreAdj === undefined ? {} : { oomScoreAdj: Math.max(request.oomScoreAdj, host.oomScoreAdj) }),
    ...(request.security.apparmor === undefined || request.security.apparmor === "unconfined" ? {} : { apparmorProfile: request.security.apparmor }),
    ...(input.labels === undefined ? {} : { selinuxLabel: input.labels.process }),
  };
}

function buildMounts(input: BuildInput): RuntimeMount[] {
  const { request, namespaces } = input;
  const owns = (key: keyof NamespaceChoices): boolean => ownsNamespace(namespaces[key], namespaces.user);
  const basic = systemMounts({
    ownNetwork: owns("network"), ownPid: owns("pid"), ipc: ipcMounts(input, owns("ipc")),
    cgroup: input.host.cgroup === "none" ? "none" : owns("cgroup") ? "own" : "host",
    shmSizeBytes: request.shmSizeBytes ?? defaultShmBytes, shmDir: input.shmDir, privileged: request.privileged,
    procOptions: request.security.procOptions ?? [],
    cgroupWritable: isUnmasked("/sys/fs/cgroup", request.security.unmask) || request.systemd?.active === true,
  });
  const asked = input.mounts.map((mount) => requestedMount(mount, input.sources));
  const writable = request.readOnly && request.readOnlyTmpfs ? readOnlyTmpfsMounts() : [];
  return orderMounts([...basic, ...writable, ...etcMounts(input)], [...input.devices.map(deviceMount), ...asked]);
}

function ipcMounts(input: BuildInput, own: boolean): "own" | "host" | "joined" | "none" {
  const { kind } = input.namespaces.ipc;
  if (kind === "host" || kind === "none") return kind;
  return own ? "own" : "joined";
}

function etcMounts(input: BuildInput): RuntimeMount[] {
  const { files, request } = input;
  const places: readonly (readonly [string, string | undefined])[] = [
    ["/etc/hosts", request.network.noHosts ? undefined : files.hosts],
    ["/etc/resolv.conf", files.resolvConf],
    ["/etc/hostname", request.network.noHostname ? undefined : files.hostname],
    ["/etc/localtime", files.localTime],
    // A read-only root with the default tmpfs on /run still shows it: children are mounted after parents.
    ["/run/.containerenv", files.containerEnv],
    [aptConfigPath, files.aptConfig],
  ];
  const roots = ["", ...(request.chrootDirs ?? [])];
  return places.flatMap(([target, source]) => (source === undefined ? [] : roots.map((root) => fileMount(`${root}${target}`, source, request.readOnly))));
}

function buildLinux(input: BuildInput): RuntimeLinux {
  const { request, namespaces } = input;
  const masks = pathMasks({ ...request.security, privileged: request.privileged });
  const own = namespaces.user.kind === "private";
  return {
    namespaces: runtimeNamespaces(namespaces),
    ...(own ? { uidMappings: input.uids.map(mapping), gidMappings: input.gids.map(mapping) } : {}),
    sysctl: containerSysctls(request.sysctls, {
      network: namespaces.network.kind === "private", ipc: namespaces.ipc.kind === "private" || namespaces.ipc.kind === "none", uts: namespaces.uts.kind === "private",
    }),
    resources: runtimeResources(request.limits),
    ...(input.labels === undefined ? {} : { mountLabel: input.labels.file }),
    maskedPaths: masks.masked,
    readonlyPaths: masks.readonly,
    ...(request.privileged ? { rootfsPropagation: "rslave" as const } : {}),
    ...(input.seccomp === undefined ? {} : { seccomp: input.seccomp }),
  };
}

function mapping(range: IdRange): IdMapping {
  return { containerID: range.inside, hostID: range.outside, size: range.count };
}

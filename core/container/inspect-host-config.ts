import type { Engine } from "../engine.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { RuntimeConfig } from "../oci/runtime-config.ts";
import { logDriverOf } from "../logdriver/index.ts";
import { splitNetworks } from "../network/choose-mode.ts";
import { portBindings } from "../network/inspect.ts";
import { mapLines } from "../idmap/map.ts";
import { defaultShmBytes } from "../spec/build.ts";
import type { LimitsRequest } from "../spec/request.ts";
import type { ContainerRecord } from "./record.ts";

/** The HostConfig part of `container inspect`, in podman's shape. */
export function inspectHostConfig(engine: Engine, record: ContainerRecord, config: RuntimeConfig): Readonly<Record<string, unknown>> {
  const { request } = record;
  return {
    Binds: binds(record),
    CgroupManager: "cgroupfs",
    CgroupMode: request.namespaces.cgroup,
    ContainerIDFile: "",
    LogConfig: { Type: request.logDriver ?? "json-file", Config: request.logOptions, Path: logPath(engine, record), Tag: request.logOptions["tag"] ?? "", Size: request.logOptions["max-size"] ?? "0B" },
    NetworkMode: splitNetworks(request.network.modes).networks.length > 0 ? "bridge" : record.networkMode,
    PortBindings: portBindings(record.ports),
    RestartPolicy: { Name: request.restart.name === "no" ? "" : request.restart.name, MaximumRetryCount: request.restart.maximumRetries },
    AutoRemove: request.remove,
    VolumeDriver: "",
    VolumesFrom: request.volumesFrom ?? null,
    CapAdd: request.capAdd,
    CapDrop: request.capDrop,
    Dns: request.network.dns,
    DnsOptions: request.network.dnsOptions,
    DnsSearch: request.network.dnsSearch,
    ExtraHosts: request.network.addHosts,
    GroupAdd: request.groupAdd,
    IpcMode: request.namespaces.ipc,
    Cgroup: "",
    Cgroups: request.cgroup?.mode ?? "default",
    Links: null,
    OomScoreAdj: request.oomScoreAdj ?? 0,
    PidMode: request.namespaces.pid,
    Privileged: request.privileged,
    PublishAllPorts: request.network.publishAll,
    ReadonlyRootfs: request.readOnly,
    SecurityOpt: securityOptions(record),
    Tmpfs: Object.fromEntries(request.mounts.flatMap((mount) => (mount.kind === "tmpfs" ? [[mount.target, mount.options.join(",")]] : []))),
    UTSMode: request.namespaces.uts,
    UsernsMode: record.identity?.mode ?? (request.namespaces.user || "private"),
    ...(record.identity?.uids === undefined ? {} : { IDMappings: { UidMap: mapLines(record.identity.uids).map(colons), GidMap: mapLines(record.identity.gids ?? []).map(colons) } }),
    ShmSize: request.shmSizeBytes ?? defaultShmBytes,
    Runtime: "cala",
    ConsoleSize: [0, 0],
    Isolation: "",
    ...limits(record),
    Devices: request.devices.map((device) => ({ PathOnHost: device.source, PathInContainer: device.target, CgroupPermissions: device.access })),
    DiskQuota: 0,
    KernelMemory: 0,
    OomKillDisable: false,
    Init: request.init,
    Ulimits: (config.process?.rlimits ?? []).map((limit) => ({ Name: limit.type, Soft: limit.soft, Hard: limit.hard })),
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    CgroupConf: request.limits.conf ?? null,
  };
}

function colons(line: string): string {
  return line.replaceAll(" ", ":");
}

function logPath(engine: Engine, { id, request }: ContainerRecord): string {
  if (logDriverOf(request).reader !== "file") return "";
  return request.logOptions["path"] ?? containerFiles.log(containerDir(engine.dirs, id));
}

function binds(record: ContainerRecord): string[] {
  const own = record.request.mounts.flatMap((mount) => (mount.kind === "bind" ? [[mount.source, mount.target, mount.options.join(",")]] : []));
  const volumes = record.volumes.map((volume) => [volume.name, volume.target, volume.options.join(",")]);
  return [...own, ...volumes].map((parts) => parts.filter((part) => part !== "").join(":"));
}

function securityOptions(record: ContainerRecord): string[] {
  const { security } = record.request;
  return [
    ...(security.noNewPrivileges ? ["no-new-privileges"] : []),
    ...(security.apparmor === undefined ? [] : [`apparmor=${security.apparmor}`]),
    ...(security.procOptions === undefined ? [] : [`proc-opts=${security.procOptions.join(",")}`]),
    ...(security.seccomp === "default" ? [] : [`seccomp=${security.seccomp}`]),
    ...security.labels.map((label) => `label=${label}`),
    ...(security.mask.length === 0 ? [] : [`mask=${security.mask.join(":")}`]),
    ...(security.unmask.length === 0 ? [] : [`unmask=${security.unmask.join(":")}`]),
  ];
}

function limits(record: ContainerRecord): Readonly<Record<string, unknown>> {
  const { limits: wanted } = record.request;
  return {
    CpuShares: wanted.cpuShares ?? 0,
    Memory: wanted.memoryBytes ?? 0,
    NanoCpus: Math.round((wanted.cpus ?? 0) * 1e9),
    CgroupParent: record.request.cgroup?.parent ?? "",
    BlkioWeight: wanted.blkioWeight ?? 0,
    BlkioWeightDevice: wanted.blkioWeightDevices?.map(({ path, amount }) => ({ Path: path, Weight: amount })) ?? null,
    BlkioDeviceReadBps: rates(wanted.deviceReadBps),
    BlkioDeviceWriteBps: rates(wanted.deviceWriteBps),
    BlkioDeviceReadIOps: rates(wanted.deviceReadIops),
    BlkioDeviceWriteIOps: rates(wanted.deviceWriteIops),
    CpuPeriod: wanted.cpuPeriodUs ?? 0,
    CpuQuota: wanted.cpuQuotaUs ?? 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: wanted.cpusetCpus ?? "",
    CpusetMems: wanted.cpusetMems ?? "",
    MemoryReservation: wanted.memoryReservationBytes ?? 0,
    MemorySwap: wanted.memorySwapBytes ?? 0,
    MemorySwappiness: 0,
    PidsLimit: wanted.pids ?? 0,
  };
}

function rates(devices: LimitsRequest["deviceReadBps"]): readonly unknown[] | null {
  return devices?.map(({ path, amount }) => ({ Path: path, Rate: amount })) ?? null;
}

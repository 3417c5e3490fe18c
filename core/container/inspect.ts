/** The `container inspect` document in podman's shape (podman-container-inspect(1), fields of podman 4.3). */
import type { Engine } from "../engine.ts";
import { containerDir, containerFiles, layerDir, volumeDir } from "../dirs/paths.ts";
import { join } from "node:path";
import { cgroupRoot } from "../cgroup/detect.ts";
import type { RuntimeConfig } from "../oci/runtime-config.ts";
import { networkSettings } from "../network/inspect.ts";
import type { ContainerRecord } from "./record.ts";
import { checkpointState } from "./checkpoint-facts.ts";
import { healthState } from "./healthcheck.ts";
import { inspectHealthcheck } from "./inspect-healthcheck.ts";
import { chainTrees } from "../storage/chain.ts";
import { readLaunchFacts, readRuntimeConfig } from "./launch.ts";
import { inspectHostConfig } from "./inspect-host-config.ts";
import { isAlive, type ContainerView } from "./view.ts";

/** Go's zero time, which podman prints for what has not happened. */
export const zeroTime = "0001-01-01T00:00:00Z";

/** A document in podman's shape (podman-container-inspect(1)), for JSON and templates. */
export type InspectDocument = Readonly<Record<string, unknown>>;

/** The document for one container; `size` adds SizeRw and SizeRootFs. */
export function inspectContainer(engine: Engine, view: ContainerView, size?: { readonly rw: number; readonly rootFs: number }): InspectDocument {
  const { record, state } = view;
  const dir = containerDir(engine.dirs, record.id);
  const config = readRuntimeConfig(dir);
  const launched = readLaunchFacts(dir);
  return {
    Id: record.id,
    Created: record.createdAt,
    Path: record.args[0] ?? "",
    Args: record.args.slice(1),
    State: inspectState(engine, view, config),
    Image: record.imageId,
    ImageDigest: record.image.digest,
    ImageName: record.imageName,
    Rootfs: record.request.rootfs?.path ?? "",
    Pod: "",
    ResolvConfPath: join(containerFiles.etc(dir), "resolv.conf"),
    HostnamePath: join(containerFiles.etc(dir), "hostname"),
    HostsPath: join(containerFiles.etc(dir), "hosts"),
    StaticDir: dir,
    OCIConfigPath: containerFiles.config(dir),
    OCIRuntime: "cala",
    ConmonPidFile: record.request.monitorPidFile ?? "",
    PidFile: record.request.pidFile ?? "",
    Name: record.name,
    RestartCount: state?.restartCount ?? 0,
    Driver: record.storageDriver,
    MountLabel: config.linux?.mountLabel ?? "",
    ProcessLabel: config.process?.selinuxLabel ?? "",
    AppArmorProfile: config.process?.apparmorProfile ?? "",
    EffectiveCaps: [...config.process?.capabilities?.effective ?? []].sort(),
    BoundingCaps: [...config.process?.capabilities?.bounding ?? []].sort(),
    ExecIDs: [],
    GraphDriver: inspectDriver(engine, record, dir),
    ...(size === undefined ? {} : { SizeRw: size.rw, SizeRootFs: size.rootFs + size.rw }),
    Mounts: inspectMounts(engine, record),
    Dependencies: [],
    NetworkSettings: networkSettings({ ...record, addresses: launched?.addresses ?? {}, networks: launched?.networks ?? [], exposedPorts: Object.keys(record.image.defaults.ExposedPorts ?? {}) }, view.status === "running"),
    Namespace: "",
    IsInfra: false,
    IsService: false,
    Config: inspectConfig(record, config),
    HostConfig: inspectHostConfig(engine, record, config),
  };
}

/** Directory of the container's control group; empty where it has none of its own. */
function groupOf(engine: Engine, { record }: ContainerView): string {
  return readLaunchFacts(containerDir(engine.dirs, record.id))?.cgroupPaths[0] ?? "";
}

function inspectState(engine: Engine, view: ContainerView, config: RuntimeConfig): InspectDocument {
  const { state, status } = view;
  return {
    OciVersion: config.ociVersion,
    Status: status,
    Running: status === "running",
    Paused: status === "paused",
    Restarting: status === "restarting",
    OOMKilled: state?.oomKilled ?? false,
    Dead: false,
    Pid: status === "running" || status === "paused" ? state?.pid ?? 0 : 0,
    ConmonPid: status === "running" || status === "paused" ? state?.monitorPid ?? 0 : 0,
    ExitCode: state?.exitCode ?? 0,
    Error: state?.error ?? "",
    StartedAt: state === undefined || state.startedAt === "" ? zeroTime : state.startedAt,
    FinishedAt: state === undefined || state.finishedAt === "" ? zeroTime : state.finishedAt,
    Health: healthState(engine, view),
    CgroupPath: isAlive(view) ? groupOf(engine, view).replace(cgroupRoot, "") : "",
    ...checkpointState(containerDir(engine.dirs, view.record.id), view, zeroTime),
  };
}

function inspectDriver(engine: Engine, record: ContainerRecord, dir: string): InspectDocument {
  const { rootfs } = record.request;
  if (rootfs?.overlay === false) return { Name: record.storageDriver, Data: { UpperDir: rootfs.path } };
  const lower = rootfs !== undefined ? [rootfs.path] : record.image.layers.map((diffId) => join(layerDir(engine.dirs, diffId.replace(/^sha256:/, "")), "diff")).reverse();
  const snapshots = chainTrees(engine.dirs, dir).reverse();
  return { Name: record.storageDriver, Data: { LowerDir: [...snapshots, ...lower].join(":"), UpperDir: containerFiles.upper(dir), WorkDir: containerFiles.work(dir) } };
}

/** Binds, volumes and images in podman's Mounts shape; tmpfs mounts are in HostConfig.Tmpfs, as with podman. */
export function inspectMounts(engine: Engine, record: ContainerRecord): InspectDocument[] {
  const binds = record.request.mounts.flatMap((mount): InspectDocument[] => {
    if (mount.kind !== "bind") return [];
    return [{ Type: "bind", Source: mount.source, Destination: mount.target, Driver: "", Mode: "", Options: mount.options.filter((word) => word !== "ro" && word !== "rw"), RW: !mount.options.includes("ro"), Propagation: propagationOf(mount.options) }];
  });
  const volumes = record.volumes.map((volume): InspectDocument => ({
    Type: "volume", Name: volume.name, Source: join(volumeDir(engine.dirs, volume.name), "data"), Destination: volume.target, Driver: "local", Mode: "",
    Options: volume.options.filter((word) => word !== "ro" && word !== "rw"), RW: !volume.options.includes("ro"), Propagation: propagationOf(volume.options),
  }));
  return [...binds, ...volumes];
}

const propagations: readonly string[] = ["shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable"];

function propagationOf(options: readonly string[]): string {
  return options.find((word) => propagations.includes(word)) ?? "rprivate";
}

function inspectConfig(record: ContainerRecord, config: RuntimeConfig): InspectDocument {
  const { request } = record;
  return {
    Hostname: config.hostname ?? "",
    Domainname: config.domainname ?? "",
    User: config.process?.user.username ?? "",
    AttachStdin: request.stdin,
    AttachStdout: request.attach?.includes("stdout") === true,
    AttachStderr: request.attach?.includes("stderr") === true,
    Tty: request.terminal,
    OpenStdin: request.stdin,
    StdinOnce: false,
    Env: config.process?.env ?? [],
    Cmd: record.cmd,
    Image: record.imageName,
    Volumes: null,
    WorkingDir: config.process?.cwd ?? "/",
    Entrypoint: record.entrypoint.join(" "),
    OnBuild: null,
    Labels: record.labels,
    Annotations: config.annotations ?? {},
    StopSignal: record.stopSignal,
    ...inspectHealthcheck(record),
    CreateCommand: request.createCommand,
    Timezone: request.timezone ?? "",
    Umask: request.umask ?? "0022",
    Secrets: inspectSecrets(record),
    Timeout: request.timeoutSeconds ?? 0,
    StopTimeout: record.stopTimeoutSeconds,
    Passwd: true,
    SystemdMode: request.systemd?.active === true,
    sdNotifyMode: request.sdNotify ?? "container",
  };
}

/** Where each file is from; null without any, as with podman. Variables are no more shown than their values. */
function inspectSecrets({ request, secrets }: ContainerRecord): InspectDocument[] | null {
  const files = (request.secrets ?? []).filter((use) => use.kind === "mount");
  if (secrets === undefined || files.length === 0) return null;
  return files.map(({ uid, gid, mode }, index) => ({ Name: secrets[index]?.name ?? "", ID: secrets[index]?.id ?? "", UID: uid, GID: gid, Mode: mode }));
}

/** The setup section: the container's file system and the settings of its namespaces. */
import { lstatSync, readlinkSync } from "node:fs";
import type { RuntimeConfig, RuntimeMount } from "../oci/runtime-config.ts";
import { compileSecretFiles, compileSecretVariables } from "./compile-secrets.ts";
import type { LaunchDetails } from "./launch-details.ts";
import { sharedMemoryPlace } from "./compile-host.ts";
import { mountAttributes, parseMountOptions, propagationBits, type MountOptions } from "./mount-options.ts";
import { op, planConstants, type PlanOp } from "./ops.ts";

const mountFlags = planConstants["mount-flag"];
const rprivate = (1 << 18) | (1 << 14);

/** podman's and runc's set, below /dev; bound from the host, since a user namespace may not make device nodes. */
export const defaultDevices = ["null", "zero", "full", "random", "urandom", "tty"];
/** Links of /dev: target and path. */
export const deviceLinks = [["/proc/self/fd", "/dev/fd"], ["/proc/self/fd/0", "/dev/stdin"], ["/proc/self/fd/1", "/dev/stdout"], ["/proc/self/fd/2", "/dev/stderr"], ["pts/ptmx", "/dev/ptmx"], ["/proc/kcore", "/dev/core"]] as const;

/** The setup section, in the order in which it runs. */
export function compileSetup(config: RuntimeConfig, details: LaunchDetails): PlanOp[] {
  return [
    compileRoot(config, details),
    // Old programs read the mounts there; docker and podman make it, too, where the image has none.
    op("symlink", { target: "/proc/mounts", path: "/etc/mtab" }, "root", "ignore"),
    ...compileMounts(config, details),
    ...details.accounts.map(({ file, line, id }) => op("account", { file, line, id }, `${file} ("${line}")`, "ignore")),
    ...compileWorkingDirectory(config),
    ...compileSecretVariables(details.secrets?.variables ?? []),
    ...compileSystem(config, details),
    ...Object.entries(config.linux?.sysctl ?? {}).map(([key, value]) => op("sysctl", { file: sysctlFile(key), value }, `linux.sysctl ("${key}")`)),
    ...compileHooks(config, details),
    ...(config.linux?.readonlyPaths ?? []).map((path) => op("read-only-path", { path }, `linux.readonlyPaths ("${path}")`)),
    ...lateReadOnly(config),
    ...(config.linux?.maskedPaths ?? []).map((path) => op("mask-path", { path }, `linux.maskedPaths ("${path}")`)),
    op("pivot-root", { propagation: propagationBits(config.linux?.rootfsPropagation) }, "root"),
    ...(config.root?.readonly === true ? [op("root-read-only", {}, "root.readonly")] : []),
  ];
}

function compileRoot(config: RuntimeConfig, { storage }: LaunchDetails): PlanOp {
  if (storage.driver !== "overlay") return op("root-bind", { source: storage.rootfs, target: storage.rootfs }, "root.path");
  return op("root-overlay", { lowers: storage.lowers, upper: storage.upper, work: storage.work, target: storage.rootfs, options: [...(storage.options ?? []), ...labelOption(config, "overlay")] }, "root.path");
}

/** Files of a mount have the label of the mount; the kernel allows that to these only where a user namespace mounts them. */
function labelOption(config: RuntimeConfig, type: string): string[] {
  const label = config.linux?.mountLabel;
  return label !== undefined && ["tmpfs", "devpts", "overlay"].includes(type) ? [`context=${label}`] : [];
}

/** The config's mounts in their order; devices follow the mount of /dev at once, so that later mounts may cover them. */
function compileMounts(config: RuntimeConfig, details: LaunchDetails): PlanOp[] {
  const result: PlanOp[] = [];
  const mounts = config.mounts ?? [];
  mounts.forEach((mount, index) => {
    const origin = `mounts[${index}] ("${mount.destination}")`;
    const fill = details.volumeFills.find((volume) => volume.destination === mount.destination);
    if (fill !== undefined) result.push(op("copy-volume", { source: fill.source, destination: fill.destination }, origin));
    result.push(compileMount(config, mount, details, origin), ...compileOwner(config, mount, origin));
    if (mount.destination === "/dev" && mount.type === "tmpfs") result.push(...compileDevices(config));
  });
  return [...result, ...compileSecretFiles(details.secrets?.files ?? [])];
}

/** `U`: to whom what has been mounted is given. */
function compileOwner(config: RuntimeConfig, mount: RuntimeMount, origin: string): PlanOp[] {
  if (mount.options?.includes("U") !== true) return [];
  const user = config.process?.user;
  return [op("mount-owner", { destination: mount.destination, user: user?.username ?? `${user?.uid ?? 0}:${user?.gid ?? 0}` }, origin)];
}

/** Given away while it can be written to, and read-only only then. */
function lateReadOnly(config: RuntimeConfig): PlanOp[] {
  return (config.mounts ?? []).filter(({ options = [] }) => options.includes("U") && options.includes("ro")).map(({ destination }) => op("read-only-path", { path: destination }, `mounts ("${destination}")`));
}

function compileDevices(config: RuntimeConfig): PlanOp[] {
  const extra = (config.linux?.devices ?? []).map((device) => device.path).filter((path) => !defaultDevices.includes(path.replace(/^\/dev\//, "")));
  return [
    ...[...defaultDevices.map((name) => `/dev/${name}`), ...extra].map((path) => bindDevice(path, extra.includes(path) ? `linux.devices ("${path}")` : "default devices")),
    ...deviceLinks.map(([target, path]) => op("symlink", { target, path }, "default devices")),
  ];
}

function bindDevice(path: string, origin: string): PlanOp {
  return op("mount-bind", { source: path, destination: path, attributes: mountAttributes.nosuid | mountAttributes.noexec, propagation: rprivate, flags: 0 }, origin);
}

function compileMount(config: RuntimeConfig, mount: RuntimeMount, details: LaunchDetails, origin: string): PlanOp {
  const words = mount.options ?? [];
  const options = parseMountOptions(words.includes("U") ? words.filter((word) => word !== "ro") : words);
  const part = compilePart(mount, options, details, origin);
  if (part !== undefined) return part;
  if (mount.type === "overlay") return compileOverlay(mount, options, labelOption(config, "overlay"), origin);
  if (options.bind || mount.type === "bind" || mount.type === "none") return compileBind(mount, options, origin);
  const type = mount.type ?? "none";
  const { ipc } = details.namespaces;
  if (mount.destination === sharedMemoryPlace && mount.source === "shm" && typeof ipc === "object" && "pid" in ipc) return op("mount-borrowed", { destination: mount.destination, attributes: options.attributes }, origin);
  return op("mount-filesystem", {
    type: type === "cgroup" ? "cgroup2" : type,
    source: mount.source ?? type,
    destination: mount.destination, attributes: options.attributes, propagation: options.propagation,
    flags: options.copyUp ? mountFlags.copyUp : 0,
    options: type === "cgroup" ? [] : [...usableOptions(type, options.data, details), ...labelOption(config, type)],
    fallback: hostFallback(type, details) ?? "",
    // Another container's message queues can be shared, but not always shown.
  }, origin, type === "mqueue" && typeof details.namespaces.ipc === "object" ? "ignore" : "fail");
}

function compileOverlay(mount: RuntimeMount, options: MountOptions, label: readonly string[], origin: string): PlanOp {
  const path = (key: string): string => options.data.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1) ?? "";
  return op("mount-overlay", {
    lowers: [path("lowerdir")], upper: path("upperdir"), work: path("workdir"), destination: mount.destination,
    attributes: options.attributes, propagation: options.propagation, options: label,
  }, origin);
}

/** Stacked layers, and parts of what is mounted. */
function compilePart(mount: RuntimeMount, options: MountOptions, details: LaunchDetails, origin: string): PlanOp | undefined {
  const { destination } = mount;
  const subpath = details.subpaths?.find((each) => each.destination === destination)?.subpath;
  const image = details.imageMounts?.find((each) => each.destination === destination);
  const common = { destination, attributes: options.attributes, propagation: rprivate };
  if (image !== undefined && mount.type === "overlay") {
    const { lowers, writable, place } = image;
    return op("mount-layers", { lowers, upper: writable?.upper ?? "", work: writable?.work ?? "", place, subpath: subpath ?? "", ...common }, origin);
  }
  return subpath === undefined ? undefined : op("mount-subpath", { source: mount.source ?? "", subpath, ...common }, origin);
}

function compileBind(mount: RuntimeMount, options: MountOptions, origin: string): PlanOp {
  // A link of the host's becomes one of the container's, wherever that leads.
  const link = mount.options?.includes("copy-symlink") === true && mount.source !== undefined ? linkTarget(mount.source) : undefined;
  if (link !== undefined) return op("symlink", { target: link, path: mount.destination }, origin);
  const recursive = options.recursive || !(mount.options ?? []).includes("bind");
  return op("mount-bind", {
    source: mount.source ?? "", destination: mount.destination, attributes: options.attributes, propagation: options.propagation === 0 ? rprivate : options.propagation,
    // Not every host has the one of the host.
    flags: (options.idmap ? mountFlags.idmap : 0) | (mount.source === "/dev/mqueue" ? mountFlags.optional : 0) | (recursive ? mountFlags.recursive : 0) | (options.recursiveAttributes || (recursive && (options.attributes & 1n) !== 0n) ? mountFlags.recursiveAttributes : 0),
  }, origin);
}

function linkTarget(path: string): string | undefined {
  return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
}

/** Where the host's own instance stands in when the kernel refuses a new one, because the namespace it shows is not the container's. */
function hostFallback(type: string, details: LaunchDetails): string | undefined {
  if (type === "sysfs") return "/sys";
  if (type === "cgroup" || type === "cgroup2") return "/sys/fs/cgroup";
  if (type === "mqueue" && details.namespaces.ipc === "host") return "/dev/mqueue";
  if (type === "proc" && details.namespaces.pid === "host") return "/proc";
  return undefined;
}

/** devpts takes no group that is not mapped (`gid=5` where there is one id only). */
function usableOptions(type: string, options: readonly string[], details: LaunchDetails): readonly string[] {
  if (type !== "devpts") return options;
  const ids = details.namespaces.user === "new" ? details.nestedIds : details.outerIds;
  return options.filter((option) => {
    const match = /^(uid|gid)=(\d+)$/.exec(option);
    if (match === null) return true;
    const ranges = match[1] === "uid" ? ids.uids : ids.gids;
    return ranges.some((range) => Number(match[2]) >= range.inside && Number(match[2]) < range.inside + range.count);
  });
}

/** Each is told the state that the OCI runtime specification describes; its pid is left out, which is allowed while the container is created. */
function compileHooks(config: RuntimeConfig, details: LaunchDetails): PlanOp[] {
  const state = JSON.stringify({ ociVersion: config.ociVersion, id: details.monitor.containerId, status: "creating", bundle: details.bundle ?? "", annotations: config.annotations ?? {} });
  return (details.hooks ?? []).map(({ path, argv, env, timeoutMs }) => op("hook", { path, argv, env, timeoutMs, state }, `hooks.createContainer ("${path}")`));
}

/** Made when missing, as docker does; after all mounts, for it may lie in a volume. */
function compileWorkingDirectory(config: RuntimeConfig): PlanOp[] {
  const cwd = config.process?.cwd ?? "/";
  return cwd === "/" ? [] : [op("make-directory", { path: cwd, mode: 0o755 }, `process.cwd ("${cwd}")`)];
}

function compileSystem(config: RuntimeConfig, details: LaunchDetails): PlanOp[] {
  const { namespaces } = details;
  const process = config.process;
  const result: PlanOp[] = [];
  if (process?.terminal === true) {
    result.push(op("terminal", { rows: process.consoleSize?.height ?? 0, columns: process.consoleSize?.width ?? 0, bindConsole: 1 }, "process.terminal"));
  }
  if (config.hostname !== undefined && namespaces.uts === "new") result.push(op("hostname", { name: config.hostname }, "hostname"));
  if (config.domainname !== undefined && namespaces.uts === "new") result.push(op("domainname", { name: config.domainname }, "domainname"));
  if (namespaces.network === "new") result.push(op("loopback-up", {}, "linux.namespaces (network)"));
  if (process?.oomScoreAdj !== undefined) result.push(op("oom-score", { value: process.oomScoreAdj }, "process.oomScoreAdj", "ignore"));
  return result;
}

/** `net.ipv4.ip_forward` → `net/ipv4/ip_forward`; a name with slashes is one already, as for sysctl(8). */
function sysctlFile(key: string): string {
  return key.includes("/") ? key : key.replaceAll(".", "/");
}

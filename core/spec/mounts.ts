/** The mounts of a container: the ones every container has, and the ones asked for. */
import { CalaError } from "../base/error.ts";
import type { RuntimeMount } from "../oci/runtime-config.ts";
import type { ImageDefaults } from "./image-defaults.ts";
import { bindOptions, checkMountOptions, devptsOptions, overlayDirectories, overlayOptions, tmpfsOptions } from "./mount-options.ts";
import type { MountRequest } from "./request.ts";

/** How the mounts that depend on a namespace must be made; a kernel file system can be mounted only by the owner of its namespace. */
export interface SystemMounts {
  /** The network, pid and ipc namespaces are owned by the container's user namespace. */
  readonly ownNetwork: boolean;
  readonly ownPid: boolean;
  /** `host` binds the host's shared memory, `none` leaves it out. */
  readonly ipc: "own" | "host" | "joined" | "none";
  readonly cgroup: "own" | "host" | "none";
  readonly shmSizeBytes: number;
  /** A directory to share as /dev/shm instead of a new tmpfs. */
  readonly shmDir?: string | undefined;
  readonly privileged: boolean;
  /** Further options of a /proc of the container's own. */
  readonly procOptions: readonly string[];
  /** `--security-opt unmask=/sys/fs/cgroup`. */
  readonly cgroupWritable: boolean;
}

/** Paths on the host of what a named thing in a mount request turned out to be, by the mount's target. */
export type MountSources = Readonly<Record<string, string | ImageLayers>>;

/** Directories of an image's layers, lowest first. */
export type ImageLayers = readonly string[];

const shielded = ["nosuid", "noexec", "nodev"];

/** /proc, /dev, /sys and what is below them. */
export function systemMounts(choice: SystemMounts): RuntimeMount[] {
  const access = choice.privileged ? "rw" : "ro";
  return [
    choice.ownPid ? mount("/proc", "proc", procOptions(choice.procOptions)) : bind("/proc", "/proc", ["rbind", "rslave", ...shielded]),
    mount("/dev", "tmpfs", ["nosuid", "noexec", "strictatime", "mode=755", "size=65536k"]),
    choice.ownNetwork ? mount("/sys", "sysfs", [...shielded, access]) : bind("/sys", "/sys", ["rbind", "rslave", ...shielded, access]),
    mount("/dev/pts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
    ...sharedMemory(choice),
    ...controlGroups(choice.cgroup, choice.cgroupWritable ? "rw" : access),
  ];
}

/** What is asked for may lift what shields a /proc otherwise: `exec` lifts `noexec`. */
function procOptions(asked: readonly string[]): string[] {
  return [...shielded.filter((word) => !asked.includes(word.slice(2))), ...asked.filter((word) => !shielded.includes(word) && !shielded.includes(`no${word}`))];
}

function sharedMemory(choice: SystemMounts): RuntimeMount[] {
  const queue = mount("/dev/mqueue", "mqueue", shielded);
  const shm = choice.shmDir === undefined
    ? mount("/dev/shm", "tmpfs", [...shielded, "mode=1777", `size=${choice.shmSizeBytes}`], "shm")
    : bind("/dev/shm", choice.shmDir, ["rbind", "rprivate", ...shielded]);
  if (choice.ipc === "own") return [queue, shm];
  if (choice.ipc === "none") return [queue];
  if (choice.ipc === "joined") return [shm];
  return [bind("/dev/mqueue", "/dev/mqueue", ["bind", "rprivate", ...shielded]), bind("/dev/shm", "/dev/shm", ["bind", "rprivate", ...shielded])];
}

function controlGroups(kind: SystemMounts["cgroup"], access: string): RuntimeMount[] {
  if (kind === "none") return [];
  if (kind === "host") return [bind("/sys/fs/cgroup", "/sys/fs/cgroup", ["rbind", "rprivate", ...shielded, access])];
  return [mount("/sys/fs/cgroup", "cgroup", ["rprivate", ...shielded, "relatime", access], "cgroup")];
}

/** One tmpfs on each directory that programs expect to write to, for `--read-only`. */
export function readOnlyTmpfsMounts(): RuntimeMount[] {
  return ["/run", "/tmp", "/var/tmp"].map((path) => mount(path, "tmpfs", tmpfsOptions([])));
}

/** A read-only or writable bind of a file that cala keeps for the container. */
export function fileMount(destination: string, source: string, readOnly: boolean): RuntimeMount {
  return bind(destination, source, ["bind", "rprivate", ...(readOnly ? ["ro", ...shielded] : [])]);
}

/**
 * The mounts of a request together with the image's VOLUMEs, which become anonymous volumes (or what `volumes` says) where nothing else is mounted.
 * @throws CalaError `mount-duplicate`, `mount-target-invalid`
 */
export function plannedMounts(requested: readonly MountRequest[], image: ImageDefaults, volumes: "anonymous" | "tmpfs" | "ignore" = "anonymous"): MountRequest[] {
  const planned = requested.map((entry) => (entry.kind === "glob" ? entry : { ...entry, target: cleanTarget(entry.target) }));
  const targets = new Set<string>();
  for (const { target, kind } of planned) {
    if (kind === "glob") continue; // where its files go is known when they are looked up
    if (targets.has(target)) throw new CalaError("mount-duplicate", `${target}: duplicate mount destination`);
    targets.add(target);
  }
  if (volumes === "ignore") return planned;
  const fromImage = Object.keys(image.Volumes ?? {}).map(cleanTarget).filter((target) => !targets.has(target));
  return [...planned, ...[...new Set(fromImage)].map((target): MountRequest => (volumes === "tmpfs" ? { kind: "tmpfs", target, options: [] } : { kind: "volume", target, options: [], copyUp: true }))];
}

/** An absolute destination without `.`, `..` and doubled slashes; never the root. @throws CalaError `mount-target-invalid` */
export function cleanTarget(target: string): string {
  if (!target.startsWith("/")) throw new CalaError("mount-target-invalid", `invalid container path "${target}", must be an absolute path`);
  const parts: string[] = [];
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  if (parts.length === 0) throw new CalaError("mount-target-invalid", `invalid container path "${target}": the container's root cannot be mounted over`);
  return `/${parts.join("/")}`;
}

/** The config entry of one requested mount; `sources` tells where volumes and images are. @throws CalaError */
export function requestedMount(request: MountRequest, sources: MountSources): RuntimeMount {
  const destination = cleanTarget(request.target);
  switch (request.kind) {
    case "bind":
      return bindOrOverlay(destination, request.source, "bind", request.options);
    case "volume":
      return bindOrOverlay(destination, sourceOf(destination, sources), "volume", request.options);
    case "image":
      return imageMount(destination, layersOf(destination, sources), request.options);
    case "tmpfs":
      return mount(destination, "tmpfs", tmpfsOptions(request.options));
    case "ramfs":
      return mount(destination, "ramfs", tmpfsOptions(request.options, "ramfs"));
    case "glob":
      throw new CalaError("mount-source-missing", `the pattern "${request.source}" was not looked up`);
    case "devpts":
      return mount(destination, "devpts", devptsOptions(request.options));
  }
}

/** With `O` changes go to another directory. */
function bindOrOverlay(destination: string, source: string, kind: "bind" | "volume", words: readonly string[]): RuntimeMount {
  return overlayDirectories(words) === undefined ? bind(destination, source, bindOptions(kind, words)) : mount(destination, "overlay", overlayOptions(source, words));
}

/** One layer is a bind; several are stacked, and so is what is to be written, whose changes go with the container. */
function imageMount(destination: string, layers: ImageLayers, words: readonly string[]): RuntimeMount {
  const access = checkMountOptions("image", words).get("access") ?? "ro";
  const [only, another] = layers;
  if (only !== undefined && another === undefined && access === "ro") return bind(destination, only, ["rbind", "rprivate", "ro", "nosuid", "nodev"]);
  return mount(destination, "overlay", ["rprivate", access, "nosuid", "nodev", `lowerdir=${[...layers].reverse().join(":")}`]);
}

function layersOf(destination: string, sources: MountSources): ImageLayers {
  const source = sources[destination];
  if (typeof source !== "object") throw new CalaError("mount-source-missing", `there is no image to mount on "${destination}"`);
  return source;
}

function sourceOf(destination: string, sources: MountSources): string {
  const source = sources[destination];
  if (typeof source !== "string") throw new CalaError("mount-source-missing", `nothing is known to mount on "${destination}"`);
  return source;
}

/**
 * Requested mounts replace the ones every container has at the same destination, and, mounted over /dev, /proc or /sys as a
 * whole, those below it; then parents come before children.
 */
export function orderMounts(basic: readonly RuntimeMount[], requested: readonly RuntimeMount[]): RuntimeMount[] {
  const covered = (path: string): boolean => requested.some(({ destination }) =>
    destination === path || (["/dev", "/proc", "/sys"].includes(destination) && path.startsWith(`${destination}/`)));
  const all = [...basic.filter(({ destination }) => !covered(destination)), ...requested];
  return all.sort((left, right) => depth(left.destination) - depth(right.destination));
}

function depth(path: string): number {
  return path.split("/").length;
}

function mount(destination: string, type: string, options: readonly string[], source = type): RuntimeMount {
  return { destination, type, source, options };
}

function bind(destination: string, source: string, options: readonly string[]): RuntimeMount {
  return { destination, type: "bind", source, options };
}

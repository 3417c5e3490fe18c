/** The setup section without namespaces: which paths of the host the container's paths lead to. Nothing is mounted. */
import { statSync } from "node:fs";
import type { RuntimeConfig, RuntimeMount } from "../oci/runtime-config.ts";
import { defaultDevices, deviceLinks } from "./compile-setup.ts";
import { compileSecretVariables } from "./compile-secrets.ts";
import type { LaunchDetails, SecretVariable, TranslationLaunch } from "./launch-details.ts";
import { op, planConstants, type PlanOp } from "./ops.ts";

const flags = planConstants.translate;

/** What differs between the container's first process and a further one. */
export interface TranslationParts {
  readonly fills?: LaunchDetails["volumeFills"];
  readonly accounts?: LaunchDetails["accounts"];
  /** Of the first process, with which a further one ends. */
  readonly pid?: number;
  readonly start?: number;
  readonly variables?: readonly SecretVariable[];
}

/** The setup section; the container's tree lies in `translation.rootfs`. */
export function compileTranslation(config: RuntimeConfig, translation: TranslationLaunch, { fills = [], accounts = [], pid = 0, start = 0, variables = [] }: TranslationParts): PlanOp[] {
  const process = config.process;
  const readOnly = config.root?.readonly === true;
  return [
    op("translate-root", {
      rootfs: translation.rootfs, alias: translation.alias, hostname: translation.hostname, pid, start: BigInt(start),
      flags: (readOnly ? flags.readOnly : 0) | (process?.noNewPrivileges === true ? flags.noNewPrivileges : 0) | (translation.withoutNetwork ? flags.withoutNetwork : 0),
    }, "root.path"),
    op("symlink", { target: "/proc/mounts", path: "/etc/mtab" }, "root", "ignore"),
    ...fills.map(({ source, destination }) => op("copy-volume", { source, destination }, `mounts ("${destination}")`)),
    ...(config.mounts ?? []).flatMap((mount, index) => compileBind(mount, index, translation)),
    ...defaultDevices.map((name) => bind(`/dev/${name}`, `/dev/${name}`, 0, "default devices")),
    bind("/dev/ptmx", "/dev/ptmx", flags.optional, "default devices"),
    ...deviceLinks.filter(([, path]) => path !== "/dev/ptmx").map(([target, path]) => op("symlink", { target, path }, "default devices", "ignore")),
    ...(config.linux?.readonlyPaths ?? []).flatMap((path) => coverPath(path, path, flags.readOnly)),
    ...(config.linux?.maskedPaths ?? []).flatMap((path) => coverPath(path, isDirectory(path) ? `${translation.memory}/empty` : "/dev/null", 0)),
    ...accounts.map(({ file, line, id }) => op("account", { file, line, id }, `${file} ("${line}")`, "ignore")),
    ...(process === undefined || process.cwd === "/" || pid !== 0 ? [] : [op("make-directory", { path: process.cwd, mode: 0o755 }, `process.cwd ("${process.cwd}")`, "ignore")]),
    ...compileSecretVariables(variables),
    ...(process?.terminal === true ? [op("terminal", { rows: process.consoleSize?.height ?? 0, columns: process.consoleSize?.width ?? 0, bindConsole: 0 }, "process.terminal")] : []),
    ...(process?.oomScoreAdj === undefined ? [] : [op("oom-score", { value: process.oomScoreAdj }, "process.oomScoreAdj", "ignore")]),
    op("translate", {}, "linux.namespaces"),
  ];
}

function bind(source: string, destination: string, bits: number, origin: string): PlanOp {
  return op("translate-bind", { source, destination, flags: bits }, origin);
}

/** Kernel file systems are the host's own; those in memory are directories beside the container. */
function compileBind(mount: RuntimeMount, index: number, { memory }: TranslationLaunch): PlanOp[] {
  const origin = `mounts[${index}] ("${mount.destination}")`;
  const bits = mount.options?.includes("ro") === true ? flags.readOnly : 0;
  const nested = mount.destination.startsWith("/dev/") || mount.destination.startsWith("/sys/") || mount.destination.startsWith("/proc/") ? flags.nested : 0;
  switch (mount.type) {
    case "proc":
      return [bind("/proc", mount.destination, 0, origin)];
    case "devpts":
      return [bind("/dev/pts", mount.destination, flags.optional, origin)];
    case "bind":
    case "none":
      if (mount.destination === "/dev/shm") return [bind(`${memory}/shm`, mount.destination, 0, origin)];
      return [bind(mount.source ?? "", mount.destination, bits | nested | (mount.destination === "/dev/mqueue" ? flags.optional : 0), origin)];
    case "tmpfs":
    case "ramfs":
      return mount.destination === "/dev" ? [] : [bind(`${memory}/${memoryName(mount.destination)}`, mount.destination, bits, origin)];
    default:
      return [];
  }
}

/** The name of the directory that stands for a file system in memory: `/dev/shm` is `shm`. */
export function memoryName(destination: string): string {
  return destination === "/dev/shm" ? "shm" : destination.replaceAll("%", "%25").replaceAll("/", "%");
}

/** What is not there need not be covered. */
function coverPath(path: string, source: string, bits: number): PlanOp[] {
  return statSync(path, { throwIfNoEntry: false }) === undefined ? [] : [bind(source, path, bits | flags.nested | flags.optional, `linux ("${path}")`)];
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

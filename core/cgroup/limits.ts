/** Limits of a request as cgroup v2 files, and as `linux.resources` of the runtime config. */
import { CalaError } from "../base/error.ts";
import type { RuntimeBlockIo, RuntimeResources, ThrottleDevice } from "../oci/runtime-config.ts";
import { blockDevice, blockDeviceNumber, type DeviceAmount } from "./devices.ts";

/** The limits of a container request; see `LimitsRequest` in spec/request.ts, of which this is the shape. */
export interface Limits {
  readonly memoryBytes?: number;
  readonly memorySwapBytes?: number;
  readonly memoryReservationBytes?: number;
  readonly cpus?: number;
  readonly cpuShares?: number;
  readonly cpuPeriodUs?: number;
  readonly cpuQuotaUs?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly pids?: number;
  /** 10…1000. */
  readonly blkioWeight?: number;
  readonly blkioWeightDevices?: readonly DeviceAmount[];
  readonly deviceReadBps?: readonly DeviceAmount[];
  readonly deviceWriteBps?: readonly DeviceAmount[];
  readonly deviceReadIops?: readonly DeviceAmount[];
  readonly deviceWriteIops?: readonly DeviceAmount[];
  /** Files of cgroup v2 by name, and what to write there. */
  readonly conf?: Readonly<Record<string, string>>;
}

/** The controllers that limits are kept by. */
export type Controller = "memory" | "cpu" | "cpuset" | "pids" | "io" | "hugetlb" | "rdma" | "misc";

/** One file to write. */
export interface LimitFile {
  /** Absent: a file that every group has. */
  readonly controller?: Controller;
  /** Name below the cgroup's directory. */
  readonly file: string;
  readonly value: string;
  /** Absent on some kernels; its absence does not matter. */
  readonly optional: boolean;
}

const defaultPeriodUs = 100_000;

/**
 * Every file to write, in order. Kernel: Documentation/admin-guide/cgroup-v2.rst.
 * @throws CalaError `limit-invalid`
 */
export function limitFiles(limits: Limits): LimitFile[] {
  checkLimits(limits);
  const files: LimitFile[] = [];
  const put = (controller: Controller, file: string, value: string | undefined, optional = false): void => {
    if (value !== undefined) files.push({ controller, file, value, optional });
  };
  put("memory", "memory.max", amount(limits.memoryBytes));
  // Swap is limited on its own in v2; without swap accounting in the kernel the file is missing.
  put("memory", "memory.swap.max", swapMax(limits), true);
  put("memory", "memory.low", amount(limits.memoryReservationBytes));
  put("cpu", "cpu.max", cpuMax(limits));
  put("cpu", "cpu.weight", limits.cpuShares === undefined || limits.cpuShares === 0 ? undefined : String(cpuWeight(limits.cpuShares)));
  put("cpuset", "cpuset.cpus", limits.cpusetCpus);
  put("cpuset", "cpuset.mems", limits.cpusetMems);
  put("pids", "pids.max", amount(limits.pids));
  files.push(...ioFiles(limits), ...confFiles(limits.conf ?? {}));
  return files;
}

/** The weight goes to whichever of two schedulers the kernel has; `keepWeights` leaves the other out. */
function ioFiles(limits: Limits): LimitFile[] {
  const weight = (file: string, value: string): LimitFile => ({ controller: "io", file, value, optional: false });
  const files: LimitFile[] = [];
  if (limits.blkioWeight !== undefined && limits.blkioWeight > 0) {
    files.push(weight("io.bfq.weight", String(limits.blkioWeight)), weight("io.weight", `default ${ioWeight(limits.blkioWeight)}`));
  }
  for (const { path, amount: each } of limits.blkioWeightDevices ?? []) {
    files.push(weight("io.bfq.weight", `${blockDeviceNumber(path)} ${each}`), weight("io.weight", `${blockDeviceNumber(path)} ${ioWeight(each)}`));
  }
  for (const { key, devices } of throttles(limits)) {
    for (const { path, amount: rate } of devices) files.push({ controller: "io", file: "io.max", value: `${blockDeviceNumber(path)} ${key}=${rate === 0 ? "max" : rate}`, optional: false });
  }
  return files;
}

function throttles(limits: Limits): readonly { readonly key: "rbps" | "wbps" | "riops" | "wiops"; readonly devices: readonly DeviceAmount[] }[] {
  return [
    { key: "rbps", devices: limits.deviceReadBps ?? [] }, { key: "wbps", devices: limits.deviceWriteBps ?? [] },
    { key: "riops", devices: limits.deviceReadIops ?? [] }, { key: "wiops", devices: limits.deviceWriteIops ?? [] },
  ];
}

/** Weights 10…1000 of v1 onto 1…10000 of v2, by the formula of the OCI runtimes. */
export function ioWeight(weight: number): number {
  return 1 + Math.floor(((weight - 10) * 9999) / 990);
}

function confFiles(conf: Readonly<Record<string, string>>): LimitFile[] {
  return Object.entries(conf).map(([file, value]) => {
    const controller = controllerOfFile(file);
    return { file, value, optional: false, ...(controller === undefined ? {} : { controller }) };
  });
}

const controllerNames: readonly Controller[] = ["memory", "cpu", "cpuset", "pids", "io", "hugetlb", "rdma", "misc"];

/** `memory` for `memory.high`; undefined for files that need none (`cgroup.max.depth`). @throws CalaError `limit-invalid` */
export function controllerOfFile(file: string): Controller | undefined {
  const prefix = file.split(".")[0] ?? "";
  const known = controllerNames.find((name) => name === prefix);
  if ((known === undefined && prefix !== "cgroup") || !/^[a-z0-9_]+(\.[A-Za-z0-9_]+)+$/.test(file)) {
    throw new CalaError("limit-invalid", `"${file}" is not a file of a control group`, { hint: "write --cgroup-conf memory.high=1073741824" });
  }
  // These decide where processes are, and so do not belong to a container.
  if (["cgroup.procs", "cgroup.threads", "cgroup.subtree_control", "cgroup.kill", "cgroup.freeze", "cgroup.type"].includes(file)) {
    throw new CalaError("limit-invalid", `"${file}" cannot be set: cala itself writes it`);
  }
  return known;
}

/** The controllers that a set of limits needs. */
export function neededControllers(files: readonly LimitFile[]): Controller[] {
  return [...new Set(files.flatMap(({ controller }) => controller ?? []))];
}

/** As in docker's API 0 is no limit, and so is a negative number. */
function amount(value: number | undefined): string | undefined {
  if (value === undefined || value === 0) return undefined;
  return value < 0 ? "max" : String(value);
}

/** Docker counts memory and swap together, and gives as much swap as memory where only memory is said. */
function swapMax({ memoryBytes, memorySwapBytes }: Limits): string | undefined {
  if (memorySwapBytes !== undefined && memorySwapBytes < 0) return "max";
  if (memoryBytes === undefined || memoryBytes <= 0) return undefined;
  return String(memorySwapBytes === undefined || memorySwapBytes === 0 ? memoryBytes : memorySwapBytes - memoryBytes);
}

/** What contradicts itself would be a silent lack of limits. */
function checkLimits({ memoryBytes, memorySwapBytes, cpus, cpuQuotaUs }: Limits): void {
  const swapLimited = memorySwapBytes !== undefined && memorySwapBytes > 0;
  if (swapLimited && (memoryBytes === undefined || memoryBytes <= 0)) {
    throw new CalaError("limit-invalid", "a limit of memory and swap together needs a limit of memory", { hint: "give --memory with --memory-swap" });
  }
  if (swapLimited && memoryBytes !== undefined && memorySwapBytes < memoryBytes) {
    throw new CalaError("limit-invalid", "the limit of memory and swap together is smaller than that of memory alone", { hint: "--memory-swap counts both: make it as large as --memory at least, or -1" });
  }
  if (cpus !== undefined && cpus > 0 && cpuQuotaUs !== undefined && cpuQuotaUs > 0) {
    throw new CalaError("limit-invalid", "--cpus and --cpu-quota say the same, so only one of them can be given");
  }
}

function quotaAndPeriod(limits: Limits): { quota: number | undefined; period: number } {
  const period = limits.cpuPeriodUs ?? defaultPeriodUs;
  const quota = limits.cpus === undefined || limits.cpus === 0 ? limits.cpuQuotaUs : Math.round(limits.cpus * period);
  // The kernel takes no quota below a millisecond.
  return { quota: quota === 0 ? undefined : quota !== undefined && quota > 0 ? Math.max(quota, 1000) : quota, period };
}

function cpuMax(limits: Limits): string | undefined {
  const { quota, period } = quotaAndPeriod(limits);
  if (quota === undefined && limits.cpuPeriodUs === undefined) return undefined;
  return `${quota === undefined || quota < 0 ? "max" : quota} ${period}`;
}

/** Shares 2…262144 of v1 onto weights 1…10000 of v2, by the formula of the OCI runtimes. */
export function cpuWeight(shares: number): number {
  const bounded = Math.min(Math.max(shares, 2), 262_144);
  return 1 + Math.floor(((bounded - 2) * 9999) / 262_142);
}

/** The same limits as the runtime config words them. @throws CalaError `limit-invalid` */
export function runtimeResources(limits: Limits): RuntimeResources {
  checkLimits(limits);
  const { quota, period } = quotaAndPeriod(limits);
  const memory = defined({ limit: limits.memoryBytes, swap: limits.memorySwapBytes, reservation: limits.memoryReservationBytes });
  const hasCpuTime = quota !== undefined || limits.cpuPeriodUs !== undefined;
  const cpu = defined({ shares: limits.cpuShares, quota, period: hasCpuTime ? period : undefined, cpus: limits.cpusetCpus, mems: limits.cpusetMems });
  return defined({ memory, cpu, pids: limits.pids === undefined ? undefined : { limit: limits.pids }, blockIO: runtimeBlockIo(limits), unified: limits.conf }) ?? {};
}

function runtimeBlockIo(limits: Limits): RuntimeBlockIo | undefined {
  const rates = (devices: readonly DeviceAmount[] | undefined): ThrottleDevice[] | undefined => devices?.map(({ path, amount: rate }) => ({ ...blockDevice(path), rate }));
  return defined({
    weight: limits.blkioWeight, weightDevice: limits.blkioWeightDevices?.map(({ path, amount: weight }) => ({ ...blockDevice(path), weight })),
    throttleReadBpsDevice: rates(limits.deviceReadBps), throttleWriteBpsDevice: rates(limits.deviceWriteBps),
    throttleReadIOPSDevice: rates(limits.deviceReadIops), throttleWriteIOPSDevice: rates(limits.deviceWriteIops),
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without its undefined fields, or undefined where none is left. */
function defined<T extends object>(fields: T): Defined<T> | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as Defined<T>);
}

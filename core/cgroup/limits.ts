/** Limits of a request as cgroup v2 files, and as `linux.resources` of the runtime config. */
import type { RuntimeResources } from "../oci/runtime-config.ts";

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
}

export type Controller = "memory" | "cpu" | "cpuset" | "pids";

export interface LimitFile {
  readonly controller: Controller;
  /** Name below the cgroup's directory. */
  readonly file: string;
  readonly value: string;
  /** Absent on some kernels; its absence does not matter. */
  readonly optional: boolean;
}

const defaultPeriodUs = 100_000;

/** Every file to write, in order. Kernel: Documentation/admin-guide/cgroup-v2.rst. */
export function limitFiles(limits: Limits): LimitFile[] {
  const files: LimitFile[] = [];
  const put = (controller: Controller, file: string, value: string | undefined, optional = false): void => {
    if (value !== undefined) files.push({ controller, file, value, optional });
  };
  put("memory", "memory.max", amount(limits.memoryBytes));
  // Swap is limited on its own in v2; without swap accounting in the kernel the file is missing.
  put("memory", "memory.swap.max", amount(swapOnly(limits)), true);
  put("memory", "memory.low", amount(limits.memoryReservationBytes));
  put("cpu", "cpu.max", cpuMax(limits));
  put("cpu", "cpu.weight", limits.cpuShares === undefined || limits.cpuShares === 0 ? undefined : String(cpuWeight(limits.cpuShares)));
  put("cpuset", "cpuset.cpus", limits.cpusetCpus);
  put("cpuset", "cpuset.mems", limits.cpusetMems);
  put("pids", "pids.max", amount(limits.pids));
  return files;
}

/** The controllers that a set of limits needs. */
export function neededControllers(files: readonly LimitFile[]): Controller[] {
  return [...new Set(files.map(({ controller }) => controller))];
}

function amount(value: number | undefined): string | undefined {
  if (value === undefined) return undefined;
  return value < 0 ? "max" : String(value);
}

/** Docker counts memory and swap together, and gives as much swap as memory where only memory is said. */
function swapOnly({ memoryBytes, memorySwapBytes }: Limits): number | undefined {
  if (memorySwapBytes === -1) return -1;
  if (memoryBytes === undefined) return undefined;
  return memorySwapBytes === undefined ? memoryBytes : memorySwapBytes - memoryBytes;
}

function quotaAndPeriod(limits: Limits): { quota: number | undefined; period: number } {
  const period = limits.cpuPeriodUs ?? defaultPeriodUs;
  const quota = limits.cpus === undefined ? limits.cpuQuotaUs : Math.round(limits.cpus * period);
  return { quota: quota === 0 ? undefined : quota, period };
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

/** The same limits as the runtime config words them. */
export function runtimeResources(limits: Limits): RuntimeResources {
  const { quota, period } = quotaAndPeriod(limits);
  const memory = defined({ limit: limits.memoryBytes, swap: limits.memorySwapBytes, reservation: limits.memoryReservationBytes });
  const hasCpuTime = quota !== undefined || limits.cpuPeriodUs !== undefined;
  const cpu = defined({ shares: limits.cpuShares, quota, period: hasCpuTime ? period : undefined, cpus: limits.cpusetCpus, mems: limits.cpusetMems });
  return defined({ memory, cpu, pids: limits.pids === undefined ? undefined : { limit: limits.pids } }) ?? {};
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without its undefined fields, or undefined where none is left. */
function defined<T extends object>(fields: T): Defined<T> | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as Defined<T>);
}

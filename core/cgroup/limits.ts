/** Limits of a request as cgroup v2 files, and as `linux.resources` of the runtime config. */
import { CalaError } from "../base/error.ts";
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

/** The controllers that limits are kept by. */
export type Controller = "memory" | "cpu" | "cpuset" | "pids";

/** One file to write. */
export interface LimitFile {
  readonly controller: Controller;
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
  return files;
}

/** The controllers that a set of limits needs. */
export function neededControllers(files: readonly LimitFile[]): Controller[] {
  return [...new Set(files.map(({ controller }) => controller))];
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
  return defined({ memory, cpu, pids: limits.pids === undefined ? undefined : { limit: limits.pids } }) ?? {};
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without its undefined fields, or undefined where none is left. */
function defined<T extends object>(fields: T): Defined<T> | undefined {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return kept.length === 0 ? undefined : (Object.fromEntries(kept) as Defined<T>);
}

/** Paths of /proc and /sys that are hidden or made read-only, as in podman and crun. */
import { CalaError } from "../base/error.ts";

/** Files are covered by /dev/null, directories by an empty read-only tmpfs. */
export const defaultMaskedPaths: readonly string[] = [
  "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list",
  "/proc/timer_stats", "/sys/dev/block", "/sys/devices/virtual/powercap", "/sys/firmware", "/sys/fs/selinux",
];

/** Bound over themselves, read-only. */
export const defaultReadonlyPaths: readonly string[] = [
  "/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger",
];

/** Absolute paths inside the container. */
export interface PathMasks {
  readonly masked: readonly string[];
  readonly readonly: readonly string[];
}

/**
 * Applies `--security-opt mask=…` and `unmask=…`: `unmask` takes `ALL` or absolute paths, which may contain `*` and `?`.
 * @throws CalaError `mask-invalid`
 */
export function pathMasks(choice: { readonly mask: readonly string[]; readonly unmask: readonly string[]; readonly privileged: boolean }): PathMasks {
  for (const path of [...choice.mask, ...choice.unmask.filter((word) => !isAll(word))]) {
    if (!path.startsWith("/")) throw new CalaError("mask-invalid", `the path "${path}" of a mask or unmask option is not absolute`);
  }
  const extra = choice.mask.filter((path) => !defaultMaskedPaths.includes(path));
  if (choice.privileged || choice.unmask.some(isAll)) return { masked: extra, readonly: [] };
  const patterns = choice.unmask.map(globExpression);
  const kept = (path: string): boolean => !patterns.some((pattern) => pattern.test(path));
  return { masked: [...defaultMaskedPaths.filter(kept), ...extra], readonly: defaultReadonlyPaths.filter(kept) };
}

/** Whether `--security-opt unmask=…` names this path or everything. */
export function isUnmasked(path: string, unmask: readonly string[]): boolean {
  return unmask.some((word) => isAll(word) || globExpression(word).test(path));
}

function isAll(word: string): boolean {
  return word.toUpperCase() === "ALL";
}

function globExpression(pattern: string): RegExp {
  const trimmed = pattern.length > 1 ? pattern.replace(/\/+$/, "") : pattern;
  const source = trimmed.replace(/[.+^${}()|[\]\\]/g, "\\$&").replace(/\*/g, "[^/]*").replace(/\?/g, "[^/]");
  return new RegExp(`^${source}$`);
}

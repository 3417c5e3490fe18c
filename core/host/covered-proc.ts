/**
 * Why a kernel gives no new /proc: it gives none to an ordinary user where parts of the present one are covered (mount_too_revealing in the kernel's
 * fs/namespace.c), as in most containers of other engines.
 */

/** The command's words for who sees such covers. */
export const coveredProcFix = "where this is a container, start the one around it with --security-opt unmask=ALL (podman) or --security-opt systempaths=unconfined (docker)";

/** Directories that the kernel keeps empty for mounts: what lies over them hides nothing. */
const madeForMounts = ["/proc/sys/fs/binfmt_misc", "/proc/fs/nfsd", "/proc/xen"];

/** The mount points below /proc that cover something of it, each once; `mountinfo` as in proc_pid_mountinfo(5). */
export function coversOfProc(mountinfo: string): string[] {
  const points = mountinfo.split("\n").map((line) => line.split(" ")[4] ?? "");
  return [...new Set(points.filter((point) => point.startsWith("/proc/") && !madeForMounts.includes(point)))];
}

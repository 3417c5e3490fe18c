/** Containers whose first process is systemd. */
import type { ContainerRequest, MountRequest } from "./request.ts";

/** Words that run systemd as a container's first process. */
export const systemdPrograms: readonly string[] = ["/sbin/init", "/usr/sbin/init", "/usr/local/sbin/init", "/lib/systemd/systemd", "/usr/lib/systemd/systemd", "systemd", "init"];
const directories = ["/run", "/run/lock", "/tmp", "/var/log/journal"];

/** Whether these words run systemd, or the user says so. */
export function runsSystemd(mode: "true" | "false" | "always", args: readonly string[]): boolean {
  return mode === "always" || (mode === "true" && systemdPrograms.includes(args[0] ?? ""));
}

/**
 * What systemd expects of a container (its CONTAINER_INTERFACE): directories in memory where nothing else is mounted, a control group of its
 * own that it may divide, an id for the machine, and its own signal for the end.
 */
export function withSystemd(request: ContainerRequest, args: readonly string[], id: string): ContainerRequest {
  const { systemd } = request;
  const mode = systemd?.mode ?? "true";
  if (!runsSystemd(mode, args)) return request;
  const size = systemd?.tmpfsBytes === undefined ? [] : [`size=${systemd.tmpfsBytes}`];
  const taken = new Set(request.mounts.map(({ target }) => target));
  const mounts = directories.filter((target) => !taken.has(target)).map((target): MountRequest => ({ kind: "tmpfs", target, options: [...size, ...(target === "/tmp" ? ["mode=1777"] : ["mode=755"])] }));
  const uuid = id.slice(0, 32);
  return {
    ...request, mounts: [...request.mounts, ...mounts], stopSignal: request.stopSignal ?? "SIGRTMIN+3",
    env: request.env.some((entry) => entry.startsWith("container_uuid=")) ? request.env : [...request.env, `container_uuid=${uuid}`],
    systemd: { ...systemd, mode, active: true },
    cgroup: { strict: false, ...request.cgroup, ...(request.cgroup?.mode === undefined ? { mode: "enabled" } : {}) },
  };
}

/** Linux capabilities: the names, the default set and the arithmetic of `--cap-add` and `--cap-drop`. */
import { CalaError } from "../base/error.ts";
import type { RuntimeCapabilities } from "../oci/runtime-config.ts";

/** Every capability in the kernel's order: the position is the bit number (linux/capability.h). */
export const allCapabilities: readonly string[] = [
  "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
  "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
  "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
  "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
  "PERFMON", "BPF", "CHECKPOINT_RESTORE",
].map((name) => `CAP_${name}`);

/** What a container gets unless told otherwise; the same list as podman's containers.conf. */
export const defaultCapabilities: readonly string[] = [
  "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
].map((name) => `CAP_${name}`);

/** What decides over a container's capabilities. */
export interface CapabilityChoice {
  readonly add: readonly string[];
  readonly drop: readonly string[];
  readonly privileged: boolean;
  /** `user[:group]` as the user or the image wrote it. */
  readonly user?: string | undefined;
}

/** `net_raw`, `CAP_NET_RAW` → `CAP_NET_RAW`; `all` → `ALL`. @throws CalaError `capability-unknown` */
export function normalizeCapability(text: string): string {
  const upper = text.trim().toUpperCase();
  if (upper === "ALL" || upper === "CAP_ALL") return "ALL";
  const name = upper.startsWith("CAP_") ? upper : `CAP_${upper}`;
  if (!allCapabilities.includes(name)) {
    throw new CalaError("capability-unknown", `unknown capability: "${text}"`, { hint: "capabilities(7) lists the names; write them with or without CAP_" });
  }
  return name;
}

/**
 * The bounding set: the default list with additions and removals, in the kernel's order.
 * @throws CalaError `capability-unknown`, `capability-conflict`
 */
export function mergeCapabilities(base: readonly string[], add: readonly string[], drop: readonly string[]): string[] {
  const added = new Set(add.map(normalizeCapability));
  const dropped = new Set(drop.map(normalizeCapability));
  if (added.has("ALL") && dropped.has("ALL")) throw new CalaError("capability-conflict", "adding all caps and removing all caps not allowed");
  const both = [...added].find((name) => dropped.has(name));
  if (both !== undefined) throw new CalaError("capability-conflict", `capability "${both}" cannot be dropped and added`);
  const start = new Set(added.has("ALL") ? allCapabilities : dropped.has("ALL") ? [] : base);
  return allCapabilities.filter((name) => added.has(name) || (start.has(name) && !dropped.has(name)));
}

/** Whether the first process certainly runs as the container's root. */
export function isRootUser(user: string | undefined): boolean {
  const name = (user ?? "").split(":")[0];
  return name === "" || name === "root" || name === "0";
}

/**
 * The five sets of the first process, by podman's rules: root has the bounding set in force; any other user has only what
 * was added by name, as ambient capabilities so that they survive the exec.
 */
export function processCapabilities(choice: CapabilityChoice): RuntimeCapabilities {
  const bounding = choice.privileged ? [...allCapabilities] : mergeCapabilities(defaultCapabilities, choice.add, choice.drop);
  if (isRootUser(choice.user)) return { bounding, effective: bounding, permitted: bounding, inheritable: [], ambient: [] };
  const wanted = mergeCapabilities([], choice.add, []).filter((name) => bounding.includes(name));
  return { bounding, effective: wanted, permitted: wanted, inheritable: wanted, ambient: wanted };
}

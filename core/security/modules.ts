/** Which security modules of the kernel this host has, and what of them a container can be given. */
import { existsSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";

/** Whether the kernel enforces AppArmor profiles. */
export function hasApparmor(): boolean {
  return readTextIfThere("/sys/module/apparmor/parameters/enabled")?.startsWith("Y") ?? false;
}

/** Whether SELinux is on, enforcing or not. */
export function hasSelinux(): boolean {
  return existsSync("/sys/fs/selinux/enforce");
}

/** Whether the kernel has landlock(7). */
export function hasLandlock(): boolean {
  return (readTextIfThere("/sys/kernel/security/lsm") ?? "").split(",").includes("landlock") || existsSync("/proc/sys/kernel/landlock");
}

/** The security options that need a module. */
export interface ModuleWishes {
  readonly apparmor?: string;
  readonly labels: readonly string[];
}

/**
 * A profile without AppArmor is an error, labels without SELinux mean nothing: both as podman has it. With SELinux, a container runs in the
 * domain of its user, and other labels cannot be given.
 * @throws CalaError `apparmor-missing`, `selinux-unsupported`
 */
export function checkSecurityModules({ apparmor, labels }: ModuleWishes): void {
  if (apparmor !== undefined && apparmor !== "unconfined" && !hasApparmor()) {
    throw new CalaError("apparmor-missing", `AppArmor profile "${apparmor}" specified, but AppArmor is not enabled on this system`, { hint: "leave --security-opt apparmor out, or give apparmor=unconfined" });
  }
  const label = labels.find((word) => word !== "disable" && word !== "nested");
  if (label !== undefined && hasSelinux()) {
    throw new CalaError("selinux-unsupported", `cannot give the container the SELinux label "${label}": it runs in the domain of its user`, { hint: "leave --security-opt label out, or give label=disable" });
  }
}

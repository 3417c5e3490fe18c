/** Which security modules of the kernel this host has, and what of them a container can be given. */
import { existsSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { readTextIfThere } from "../fs/read-json.ts";

/** Whether the kernel enforces AppArmor profiles. */
export function hasApparmor(): boolean {
  return readTextIfThere("/sys/module/apparmor/parameters/enabled")?.startsWith("Y") ?? false;
}

/** Whether the kernel has landlock(7). */
export function hasLandlock(): boolean {
  return (readTextIfThere("/sys/kernel/security/lsm") ?? "").split(",").includes("landlock") || existsSync("/proc/sys/kernel/landlock");
}

/** The security options that need a module. */
export interface ModuleWishes {
  readonly apparmor?: string;
}

/** A profile without AppArmor is an error, as podman has it. @throws CalaError `apparmor-missing` */
export function checkSecurityModules({ apparmor }: ModuleWishes): void {
  if (apparmor !== undefined && apparmor !== "unconfined" && !hasApparmor()) {
    throw new CalaError("apparmor-missing", `AppArmor profile "${apparmor}" specified, but AppArmor is not enabled on this system`, { hint: "leave --security-opt apparmor out, or give apparmor=unconfined" });
  }
}

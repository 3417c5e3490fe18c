/** The words for limits that cannot be kept. */
import type { CgroupSupport } from "./detect.ts";
import type { Controller } from "./limits.ts";

const usual: readonly Controller[] = ["cpu", "cpuset", "io", "memory", "pids"];

/** The command that delegates what is missing, too. */
function delegationFix(missing: readonly Controller[]): string {
  const all = [...new Set([...usual, ...missing])].join(" ");
  return `sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=${all}\\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload, then log in again`;
}
const unifiedFix = "boot with the kernel parameter systemd.unified_cgroup_hierarchy=1";

/** `the cpu limit is` or `the memory and cpu limits are`. */
export function listed(controllers: readonly Controller[]): string {
  return controllers.length === 1 ? `the ${controllers[0] ?? ""} limit is` : `the ${controllers.slice(0, -1).join(", ")} and ${controllers.at(-1) ?? ""} limits are`;
}

function named(controllers: readonly Controller[]): string {
  return controllers.length === 1 ? `controller "${controllers[0] ?? ""}" is` : `controllers ${controllers.map((controller) => `"${controller}"`).join(", ")} are`;
}

/** Said where cgroup v2 is there, but not what these limits need. */
export function notDelegated(missing: readonly Controller[]): string {
  if (missing.length === 0) return "a control group is not made: none is delegated to this user, and there is no systemd user manager to ask; fix: loginctl enable-linger";
  return `${listed(missing)} not applied: the cgroup ${named(missing)} not delegated to this user; fix: ${delegationFix(missing)}`;
}

/** Said where there is no cgroup v2. */
export function withoutV2(needed: readonly Controller[], support: CgroupSupport): string {
  const state = support.kind === "none" ? "no control groups are mounted" : `this host uses cgroup v1${support.kind === "hybrid" ? " (hybrid)" : ""}`;
  const what = needed.length === 0 ? "the limits are not applied: the cgroup v2 hierarchy is missing" : `${listed(needed)} not applied: the cgroup v2 ${named(needed)} missing`;
  return `${what}, ${state}; fix: ${unifiedFix}`;
}

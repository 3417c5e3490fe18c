/** Limits, logins and what happens at their end. */
import type { Check } from "../check.ts";

const delegation = "sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload, then log in again";
const wanted = ["cpu", "cpuset", "io", "memory", "pids"];

/** All checks of limits and sessions. */
export const sessionChecks: readonly Check[] = [
  { code: "cgroup-v1", level: "warning", summary: "control groups are of version 2",
    examine: ({ cgroups }) => (cgroups.kind === "unified" ? undefined : { message: cgroups.kind === "none" ? "there are no control groups: containers cannot be limited" : `control groups are of version 1 (${cgroups.kind}): containers of ordinary users cannot be limited`, fix: "boot with the kernel parameter systemd.unified_cgroup_hierarchy=1" }) },
  { code: "cgroup-not-delegated", level: "warning", summary: "limits can be set",
    examine: ({ cgroups }) => {
      if (cgroups.kind !== "unified" || cgroups.runtimeDir !== undefined || cgroups.writable) return undefined;
      return { message: "no part of the control groups is this user's, and no systemd manager of the user runs: containers cannot be limited", fix: "sudo loginctl enable-linger \"$USER\", or log in through PAM (ssh, machinectl shell) instead of su or sudo" };
    } },
  { code: "cgroup-controllers-missing", level: "note", summary: "every controller is delegated",
    examine: ({ cgroups, delegated, hostControllers }) => {
      const missing = wanted.filter((name) => hostControllers.includes(name) && !delegated.includes(name));
      if (cgroups.kind !== "unified" || (cgroups.runtimeDir === undefined && !cgroups.writable) || missing.length === 0) return undefined;
      return { message: `the cgroup controllers ${missing.map((name) => `"${name}"`).join(", ")} are not delegated to this user: their limits are not applied`, fix: delegation };
    } },
  { code: "cgroup-memory-off", level: "note", summary: "the kernel counts memory",
    examine: ({ cgroups, hostControllers }) => (cgroups.kind !== "unified" || hostControllers.length === 0 || hostControllers.includes("memory") ? undefined : { message: "the kernel was started without the memory controller (as on Raspberry Pi): the memory of containers cannot be limited", fix: "boot with the kernel parameters cgroup_enable=memory cgroup_memory=1" }) },
  { code: "linger-off", level: "note", summary: "containers outlive the logout",
    examine: ({ session, ids }) => (!session.systemd || session.lingers || ids.name === undefined ? undefined : { message: "this user does not linger: systemd may end containers at the last logout", fix: `loginctl enable-linger ${ids.name}` }) },
  { code: "runtime-dir-unset", level: "note", summary: "XDG_RUNTIME_DIR is set",
    examine: ({ session }) => (session.xdgRuntimeDir !== undefined && session.xdgRuntimeDir !== "" ? undefined : { message: "XDG_RUNTIME_DIR is not set (su, cron): a directory beside the data is used; containers started elsewhere by this user are seen all the same", fix: "export XDG_RUNTIME_DIR=/run/user/$(id -u)" }) },
  { code: "runtime-dir-unusable", level: "warning", summary: "XDG_RUNTIME_DIR can be used",
    examine: ({ session }) => (session.xdgRuntimeDir === undefined || session.xdgRuntimeDir === "" || session.runtimeDirUsable ? undefined : { message: `XDG_RUNTIME_DIR is "${session.xdgRuntimeDir}", which is not this user's or cannot be written (su and sudo keep the caller's)`, fix: "export XDG_RUNTIME_DIR=/run/user/$(id -u), after sudo loginctl enable-linger \"$USER\" where that directory is missing" }) },
];

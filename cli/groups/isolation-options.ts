import { flag, list, pairs, value } from "../option.ts";

/** Walls and devices: shared by run and create. */
export const isolationOptions = {
  capAdd: list("--cap-add", "CAPABILITY", "Add a capability, or ALL", { commas: true, complete: "capabilities" }),
  capDrop: list("--cap-drop", "CAPABILITY", "Drop a capability, or ALL", { commas: true, complete: "capabilities" }),
  cgroupns: value("--cgroupns", "MODE", "Cgroup namespace: private, host, container:NAME, ns:PATH", { defaultText: "private" }),
  device: list("--device", "DEVICE[:PATH[:rwm]]", "Give the container a device of the host"),
  ipc: value("--ipc", "MODE", "IPC namespace: private, shareable, none, host, container:NAME, ns:PATH", { defaultText: "private" }),
  pid: value("--pid", "MODE", "PID namespace: private, host, container:NAME, ns:PATH", { defaultText: "private" }),
  uts: value("--uts", "MODE", "UTS namespace: private, host, container:NAME, ns:PATH", { defaultText: "private" }),
  privileged: flag("--privileged", "All capabilities of the container's own user namespace, the devices that the user may open, nothing masked, no system call filter"),
  readOnly: flag("--read-only", "Make the container's root file system read-only"),
  readOnlyTmpfs: flag("--read-only-tmpfs", "With --read-only: writable /run, /tmp, /var/tmp and /dev/shm", { initial: true }),
  securityOpt: list("--security-opt", "OPTION", "no-new-privileges, seccomp=FILE|unconfined, mask=PATHS, unmask=PATHS|ALL; label=… and apparmor=… are taken, but have no effect yet"),
  shmSize: value("--shm-size", "SIZE", "Size of /dev/shm", { defaultText: "64m" }),
  sysctl: pairs("--sysctl", "NAME=VALUE", "Set a kernel parameter of the container's namespaces", { commas: true }),
  ulimit: list("--ulimit", "NAME=SOFT[:HARD]", "Set a resource limit of the process", { commas: true }),
  cgroupConf: pairs("--cgroup-conf", "FILE=VALUE", "Write to a file of the container's control group (cgroup v2)"),
  cgroupParent: value("--cgroup-parent", "SLICE|PATH", "Slice of systemd, or group, in which the container's control group is made"),
  cgroups: value("--cgroups", "MODE", "Control group: enabled (one even without limits), disabled, no-conmon, split (inside the caller's)", { defaultText: "one when there are limits" }),
  strictLimits: flag("--strict-limits", "Fail where a limit cannot be kept, instead of a warning"),
} as const;

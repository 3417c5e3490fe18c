import { flag, list, pairs, value } from "../option.ts";

/** Walls, devices and limits: shared by run and create. */
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
  cpuPeriod: value("--cpu-period", "MICROSECONDS", "Length of the CPU quota's period"),
  cpuQuota: value("--cpu-quota", "MICROSECONDS", "CPU time in each period"),
  cpuShares: value("-c, --cpu-shares", "SHARES", "Relative weight of CPU time"),
  cpus: value("--cpus", "NUMBER", "Number of processors"),
  cpusetCpus: value("--cpuset-cpus", "LIST", "Processors to run on, as in 0-2,4"),
  cpusetMems: value("--cpuset-mems", "LIST", "Memory nodes to use"),
  memory: value("-m, --memory", "SIZE", "Memory limit"),
  memoryReservation: value("--memory-reservation", "SIZE", "Memory that is kept back for the container"),
  memorySwap: value("--memory-swap", "SIZE", "Memory and swap together (-1: unlimited swap)"),
  pidsLimit: value("--pids-limit", "NUMBER", "Number of processes (-1: unlimited)"),
} as const;

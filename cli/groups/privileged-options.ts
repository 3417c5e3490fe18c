import { CalaError } from "../../core/base/error.ts";
import { maybeFlag, value, type OptionValues } from "../option.ts";

/** What docker and podman do only as root, or only on cgroup v1: known, so that it is refused with the reason. */
export const privilegedOptions = {
  cpuRtPeriod: value("--cpu-rt-period", "MICROSECONDS", "Not possible: control groups of version 1 and root only"),
  cpuRtRuntime: value("--cpu-rt-runtime", "MICROSECONDS", "Not possible: control groups of version 1 and root only"),
  memorySwappiness: value("--memory-swappiness", "NUMBER", "Not possible: control groups of version 1 and root only (-1: the kernel's own)"),
} as const;

/** The same for run and create alone. */
export const privilegedCreateOptions = {
  ...privilegedOptions,
  oomKillDisable: maybeFlag("--oom-kill-disable", "Not possible: control groups of version 1 and root only"),
  rdtClass: value("--rdt-class", "CLASS", "Not possible: classes of Intel RDT are root's"),
} as const;

const reasons: Readonly<Record<string, readonly [option: string, reason: string, hint: string]>> = {
  cpuRtPeriod: ["--cpu-rt-period", "cgroup v2 has no realtime limits", "use --cpu-shares"],
  cpuRtRuntime: ["--cpu-rt-runtime", "cgroup v2 has no realtime limits", "use --cpu-shares"],
  memorySwappiness: ["--memory-swappiness", "cgroup v2 has no swappiness of a group", "use --memory-swap"],
  oomKillDisable: ["--oom-kill-disable", "cgroup v2 always kills what is over the limit", "use --oom-score-adj, or --cgroup-conf memory.high=SIZE"],
  rdtClass: ["--rdt-class", "only root can put processes into classes of Intel RDT", "leave it out"],
};

/** @throws CalaError `option-unsupported` for the first of them that was given and means something */
export function refusePrivileged(values: Partial<OptionValues<typeof privilegedCreateOptions>>): void {
  for (const [key, given] of Object.entries(values)) {
    const reason = reasons[key];
    const isDefault = given === undefined || given === false || (key === "memorySwappiness" && given === "-1") || (key !== "memorySwappiness" && given === "0");
    if (reason === undefined || isDefault) continue;
    const [option, why, hint] = reason;
    throw new CalaError("option-unsupported", `${option} is not possible: ${why}`, { hint });
  }
}

/** User namespaces and what may forbid them. */
import { coveredProcFix } from "../../host/covered-proc.ts";
import { sysctlFix, type Check, type Problem } from "../check.ts";
import type { HostFacts } from "../facts.ts";

const oldest = [5, 11] as const;

/** `6.1.0-13-amd64` → [6, 1]. */
function releaseOf(text: string): readonly [number, number] {
  const [major = 0, minor = 0] = text.split(/[.-]/).map(Number);
  return [major, minor];
}

const isOff = (facts: HostFacts, name: string): boolean => facts.sysctls[name] === "0";

/** Ubuntu 23.10 and later: a program without a profile of its own gets user namespaces without capabilities. */
const apparmorBlocks = ({ sysctls, namespace }: HostFacts): boolean => !namespace.works && sysctls["kernel.apparmor_restrict_unprivileged_userns"] === "1";

/** The profile that lets the installed program have user namespaces and nothing else changed. */
export function apparmorProfile(programPath: string): string {
  return `abi <abi/4.0>,\ninclude <tunables/global>\n\nprofile cala ${programPath} flags=(unconfined) {\n  userns,\n\n  include if exists <local/cala>\n}\n`;
}

function apparmorProblem(facts: HostFacts): Problem | undefined {
  if (!apparmorBlocks(facts)) return undefined;
  return {
    message: `AppArmor keeps "${facts.programPath}" from using user namespaces (kernel.apparmor_restrict_unprivileged_userns=1): containers cannot start`,
    fix: `printf '${apparmorProfile(facts.programPath).replaceAll("\n", "\\n")}' | sudo tee /etc/apparmor.d/cala >/dev/null && sudo apparmor_parser -r /etc/apparmor.d/cala`,
  };
}

function refusedForOtherReasons(facts: HostFacts): Problem | undefined {
  if (facts.namespace.works || namespaceSysctls.some(({ name }) => isOff(facts, name)) || apparmorBlocks(facts)) return undefined;
  return {
    message: `this host refuses user namespaces to this user: ${facts.namespace.words === "" ? "the trial failed" : facts.namespace.words}`,
    fix: "inside a container: start that one with --security-opt seccomp=unconfined (docker, podman) or as privileged; else ask who runs this host",
  };
}

const namespaceSysctls = [
  { code: "userns-disabled", name: "kernel.unprivileged_userns_clone", value: "1", what: "ordinary users may make user namespaces" },
  { code: "userns-limit", name: "user.max_user_namespaces", value: "28633", what: "the limit of user namespaces is above zero" },
  { code: "mountns-limit", name: "user.max_mnt_namespaces", value: "28633", what: "the limit of mount namespaces is above zero" },
  { code: "pidns-limit", name: "user.max_pid_namespaces", value: "28633", what: "the limit of process namespaces is above zero" },
  { code: "netns-limit", name: "user.max_net_namespaces", value: "28633", what: "the limit of network namespaces is above zero" },
  { code: "ipcns-limit", name: "user.max_ipc_namespaces", value: "28633", what: "the limit of ipc namespaces is above zero" },
  { code: "utsns-limit", name: "user.max_uts_namespaces", value: "28633", what: "the limit of uts namespaces is above zero" },
  { code: "cgroupns-limit", name: "user.max_cgroup_namespaces", value: "28633", what: "the limit of cgroup namespaces is above zero" },
] as const;

/** All checks of the kernel. */
export const kernelChecks: readonly Check[] = [
  { code: "kernel-old", level: "warning", summary: "the kernel is new enough",
    examine: ({ kernelRelease }) => {
      const [major, minor] = releaseOf(kernelRelease);
      return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]) ? undefined : { message: `Linux ${kernelRelease} is older than ${oldest.join(".")}: users cannot mount its overlay, so containers are slower`, fix: "update the kernel" };
    } },
  ...namespaceSysctls.map(({ code, name, value, what }): Check => ({
    code, level: "error", summary: what,
    examine: (facts) => (isOff(facts, name) ? { message: `the kernel's setting ${name} is 0: containers cannot start`, fix: sysctlFix(name, value) } : undefined),
  })),
  { code: "userns-apparmor", level: "error", summary: "AppArmor lets cala use user namespaces", examine: apparmorProblem },
  { code: "userns-refused", level: "error", summary: "a user namespace can be had", examine: refusedForOtherReasons },
  { code: "proc-covered", level: "error", summary: "containers can have a /proc of their own",
    examine: (facts) => (facts.namespace.works && facts.coversOfProc.length > 0
      ? { message: `something is mounted over ${facts.coversOfProc.join(", ")}, so the kernel gives no new /proc to containers: they do not start`, fix: coveredProcFix } : undefined) },
  { code: "seccomp-missing", level: "warning", summary: "system calls of containers can be filtered",
    examine: ({ seccomp }) => (seccomp ? undefined : { message: "libseccomp is not installed: containers run without a filter of system calls", fix: "sudo apt-get install -y libseccomp2, or your distribution's libseccomp" }) },
  { code: "selinux-enforcing", level: "note", summary: "SELinux does not stand between containers and mounted directories",
    examine: ({ selinux }) => (selinux === "enforcing" ? { message: "SELinux is enforcing: containers are labelled, and a directory mounted into one may be closed to it by its own label, which looks like a wrong owner", fix: "add :z (shared) or :Z (private) to the volume, or --security-opt label=disable" } : undefined) },
  { code: "ptrace-forbidden", level: "note", summary: "programs may be traced where namespaces or ids are missing",
    examine: ({ sysctls }) => (Number(sysctls["kernel.yama.ptrace_scope"] ?? 0) < 2 ? undefined : { message: `kernel.yama.ptrace_scope is ${sysctls["kernel.yama.ptrace_scope"]}: where a container has a single id or no namespaces, changes of owners are answered but not remembered`, fix: sysctlFix("kernel.yama.ptrace_scope", "1") }) },
  { code: "inotify-few", level: "note", summary: "there is room for watches of files",
    examine: ({ sysctls }) => {
      const most = Number(sysctls["fs.inotify.max_user_instances"] ?? Infinity);
      return most >= 128 ? undefined : { message: `only ${most} inotify instances per user: programs that watch files fail when many containers run`, fix: sysctlFix("fs.inotify.max_user_instances", "512") };
    } },
  { code: "open-files-few", level: "note", summary: "enough files may be open at once",
    examine: ({ openFiles }) => (openFiles >= 1024 ? undefined : { message: `only ${openFiles} files may be open at once (ulimit -n): images with many layers and busy servers fail`, fix: "ulimit -n 4096, or raise nofile in /etc/security/limits.conf" }) },
  { code: "clock-wrong", level: "warning", summary: "the clock is plausible",
    examine: ({ nowMs }) => (nowMs > Date.UTC(2024, 0, 1) ? undefined : { message: `the clock says ${new Date(nowMs).toISOString()}: certificates of registries are not valid yet`, fix: "sudo timedatectl set-ntp true" }) },
];

/**
 * The OCI runtime configuration (`config.json`) for Linux, field for field as in the runtime specification 1.2
 * (https://github.com/opencontainers/runtime-spec: config.md, config-linux.md).
 */

export interface RuntimeConfig {
  readonly ociVersion: string;
  readonly process?: RuntimeProcess;
  readonly root?: RuntimeRoot;
  readonly hostname?: string;
  readonly domainname?: string;
  /** Performed in this order. */
  readonly mounts?: readonly RuntimeMount[];
  readonly hooks?: RuntimeHooks;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly linux?: RuntimeLinux;
}

export interface RuntimeRoot {
  /** Absolute, or relative to the bundle. */
  readonly path: string;
  readonly readonly?: boolean;
}

export interface RuntimeMount {
  /** Absolute path inside the container. */
  readonly destination: string;
  /** File system type; `bind` (or absent) for binds. */
  readonly type?: string;
  readonly source?: string;
  readonly options?: readonly string[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
}

export interface RuntimeProcess {
  readonly terminal?: boolean;
  readonly consoleSize?: { readonly height: number; readonly width: number };
  /** Absolute path inside the container. */
  readonly cwd: string;
  readonly env?: readonly string[];
  readonly args?: readonly string[];
  readonly rlimits?: readonly RuntimeRlimit[];
  readonly apparmorProfile?: string;
  readonly capabilities?: RuntimeCapabilities;
  readonly noNewPrivileges?: boolean;
  readonly oomScoreAdj?: number;
  readonly scheduler?: RuntimeScheduler;
  readonly selinuxLabel?: string;
  readonly ioPriority?: { readonly class: string; readonly priority?: number };
  readonly execCPUAffinity?: { readonly initial?: string; readonly final?: string };
  readonly user: RuntimeUser;
}

export interface RuntimeUser {
  readonly uid: number;
  readonly gid: number;
  readonly umask?: number;
  readonly additionalGids?: readonly number[];
  /**
   * `user[:group]` as the user or the image wrote it, names or numbers; absent for 0:0. The specification has this field for
   * Windows; cala's native program looks the names up in the container's own /etc/passwd and /etc/group, and then `uid` and
   * `gid` are only what is known beforehand.
   */
  readonly username?: string;
}

export interface RuntimeRlimit {
  /** `RLIMIT_NOFILE`, … */
  readonly type: string;
  /** RLIM_INFINITY is written as -1 here and as 2^64-1 for other runtimes. */
  readonly soft: number;
  readonly hard: number;
}

/** Lists of `CAP_…` names. */
export interface RuntimeCapabilities {
  readonly effective?: readonly string[];
  readonly bounding?: readonly string[];
  readonly inheritable?: readonly string[];
  readonly permitted?: readonly string[];
  readonly ambient?: readonly string[];
}

export interface RuntimeScheduler {
  readonly policy: string;
  readonly nice?: number;
  readonly priority?: number;
  readonly flags?: readonly string[];
  readonly runtime?: number;
  readonly deadline?: number;
  readonly period?: number;
}

export interface RuntimeHooks {
  readonly prestart?: readonly RuntimeHook[];
  readonly createRuntime?: readonly RuntimeHook[];
  readonly createContainer?: readonly RuntimeHook[];
  readonly startContainer?: readonly RuntimeHook[];
  readonly poststart?: readonly RuntimeHook[];
  readonly poststop?: readonly RuntimeHook[];
}

export interface RuntimeHook {
  readonly path: string;
  readonly args?: readonly string[];
  readonly env?: readonly string[];
  /** Seconds. */
  readonly timeout?: number;
}

export interface RuntimeLinux {
  readonly namespaces?: readonly RuntimeNamespace[];
  readonly uidMappings?: readonly IdMapping[];
  readonly gidMappings?: readonly IdMapping[];
  readonly timeOffsets?: Readonly<Record<string, { readonly secs?: number; readonly nanosecs?: number }>>;
  readonly devices?: readonly RuntimeDevice[];
  readonly netDevices?: Readonly<Record<string, { readonly name?: string }>>;
  readonly cgroupsPath?: string;
  readonly resources?: RuntimeResources;
  readonly rootfsPropagation?: "shared" | "slave" | "private" | "unbindable" | "rshared" | "rslave" | "rprivate" | "runbindable";
  readonly seccomp?: RuntimeSeccomp;
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly mountLabel?: string;
  readonly intelRdt?: RuntimeIntelRdt;
  readonly memoryPolicy?: { readonly mode: string; readonly nodes: string; readonly flags?: readonly string[] };
  readonly personality?: { readonly domain: "LINUX" | "LINUX32"; readonly flags?: readonly string[] };
}

export type NamespaceType = "pid" | "network" | "mount" | "ipc" | "uts" | "user" | "cgroup" | "time";

export interface RuntimeNamespace {
  readonly type: NamespaceType;
  /** An existing namespace to join; absent: a new one. No entry at all: the namespace of the caller. */
  readonly path?: string;
}

export interface IdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface RuntimeDevice {
  /** c, u: character; b: block; p: fifo. */
  readonly type: "c" | "b" | "u" | "p";
  readonly path: string;
  readonly major?: number;
  readonly minor?: number;
  readonly fileMode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface RuntimeResources {
  readonly devices?: readonly RuntimeDeviceRule[];
  readonly memory?: RuntimeMemory;
  readonly cpu?: RuntimeCpu;
  readonly blockIO?: RuntimeBlockIo;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  readonly network?: { readonly classID?: number; readonly priorities?: readonly { readonly name: string; readonly priority: number }[] };
  /** -1: unlimited. */
  readonly pids?: { readonly limit?: number };
  readonly rdma?: Readonly<Record<string, { readonly hcaHandles?: number; readonly hcaObjects?: number }>>;
  /** cgroup v2 files, by name. */
  readonly unified?: Readonly<Record<string, string>>;
}

export interface RuntimeDeviceRule {
  readonly allow: boolean;
  readonly type?: "a" | "c" | "b";
  readonly major?: number;
  readonly minor?: number;
  readonly access?: string;
}

export interface RuntimeMemory {
  readonly limit?: number;
  readonly reservation?: number;
  /** Memory plus swap, as in cgroup v1; -1: unlimited. */
  readonly swap?: number;
  readonly kernel?: number;
  readonly kernelTCP?: number;
  readonly swappiness?: number;
  readonly disableOOMKiller?: boolean;
  readonly useHierarchy?: boolean;
  readonly checkBeforeUpdate?: boolean;
}

export interface RuntimeCpu {
  readonly shares?: number;
  /** Microseconds. */
  readonly quota?: number;
  readonly burst?: number;
  readonly period?: number;
  readonly realtimeRuntime?: number;
  readonly realtimePeriod?: number;
  readonly cpus?: string;
  readonly mems?: string;
  readonly idle?: number;
}

export interface RuntimeBlockIo {
  readonly weight?: number;
  readonly leafWeight?: number;
  readonly weightDevice?: readonly { readonly major: number; readonly minor: number; readonly weight?: number; readonly leafWeight?: number }[];
  readonly throttleReadBpsDevice?: readonly ThrottleDevice[];
  readonly throttleWriteBpsDevice?: readonly ThrottleDevice[];
  readonly throttleReadIOPSDevice?: readonly ThrottleDevice[];
  readonly throttleWriteIOPSDevice?: readonly ThrottleDevice[];
}

export interface ThrottleDevice {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

export interface RuntimeIntelRdt {
  readonly closID?: string;
  readonly schemata?: readonly string[];
  readonly l3CacheSchema?: string;
  readonly memBwSchema?: string;
  readonly enableMonitoring?: boolean;
}

export type SeccompAction =
  | "SCMP_ACT_KILL" | "SCMP_ACT_KILL_PROCESS" | "SCMP_ACT_KILL_THREAD" | "SCMP_ACT_TRAP" | "SCMP_ACT_ERRNO"
  | "SCMP_ACT_TRACE" | "SCMP_ACT_ALLOW" | "SCMP_ACT_LOG" | "SCMP_ACT_NOTIFY";

export type SeccompOperator =
  | "SCMP_CMP_NE" | "SCMP_CMP_LT" | "SCMP_CMP_LE" | "SCMP_CMP_EQ" | "SCMP_CMP_GE" | "SCMP_CMP_GT" | "SCMP_CMP_MASKED_EQ";

export interface RuntimeSeccomp {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  /** `SCMP_ARCH_X86_64`, … */
  readonly architectures?: readonly string[];
  readonly flags?: readonly string[];
  readonly listenerPath?: string;
  readonly listenerMetadata?: string;
  readonly syscalls?: readonly RuntimeSyscall[];
}

export interface RuntimeSyscall {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
}

export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: SeccompOperator;
}

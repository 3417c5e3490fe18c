import type { Limits } from "../cgroup/limits.ts";
import type { CgroupRequest } from "../cgroup/place.ts";

/**
 * What a user asks of a new container, with all units resolved and all names still names. The command line, compose and
 * the library fill it in; `spec/` turns it, with the image's config, into an OCI runtime config.
 */
export interface ContainerRequest {
  /** As typed: a reference, an id or an id's beginning. */
  readonly image: string;
  /** A directory of the host that is the root in place of an image's, or, with `overlay`, lies below the container's changes. */
  readonly rootfs?: { readonly path: string; readonly overlay: boolean };
  /** Replaces the image's Cmd when not empty. */
  readonly command: readonly string[];
  /** Replaces the image's Entrypoint; an empty list removes it. */
  readonly entrypoint?: readonly string[];
  readonly name?: string;
  readonly hostname?: string;
  readonly domainname?: string;
  /** `KEY=value`, in order; a bare `KEY` has been resolved or dropped already. */
  readonly env: readonly string[];
  readonly unsetEnv: readonly string[];
  readonly unsetEnvAll: boolean;
  readonly workdir?: string;
  /** `user[:group]`, names or numbers. */
  readonly user?: string;
  readonly groupAdd: readonly string[];
  /** Accounts of the host that the container's /etc/passwd gets, by name or id. */
  readonly hostUsers: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly terminal: boolean;
  /** Keep standard input open. */
  readonly stdin: boolean;
  /** Streams to which a start in the foreground connects; absent: as the start says. */
  readonly attach?: readonly ("stdin" | "stdout" | "stderr")[];
  readonly remove: boolean;
  readonly init: boolean;
  readonly initPath?: string;
  readonly readOnly: boolean;
  /** tmpfs on /dev/shm, /run, /tmp, /var/tmp when `readOnly`. */
  readonly readOnlyTmpfs: boolean;
  readonly privileged: boolean;
  /** Lines for /etc/passwd and /etc/group of a user that is given by number; absent: none. */
  readonly accountEntries?: { readonly passwd?: string; readonly group?: string };
  /** `KEY=value` where `${OTHER}` stands for what the image's environment has. */
  readonly envMerge?: readonly string[];
  /** Containers that are started before this one. */
  readonly requires?: readonly string[];
  /** Absent in records of older versions. */
  readonly secrets?: readonly SecretRequest[];
  readonly mounts: readonly MountRequest[];
  readonly devices: readonly DeviceRequest[];
  /** `CAP_…`, or `ALL`. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly security: SecurityRequest;
  readonly ulimits: readonly Ulimit[];
  /** The caller's own limits, soft and hard, where `ulimits` say nothing. */
  readonly ulimitsOfHost?: boolean;
  /** Directories of OCI hooks, read at each start. */
  readonly hooksDirs?: readonly string[];
  /** Devices by their CDI names (`vendor.com/class=name`), and where their descriptions are looked for. */
  readonly cdi?: { readonly devices: readonly string[]; readonly specDirs: readonly string[] };
  /** Whether the container runs systemd, and so wants directories in memory and control groups it can write; absent: not asked. */
  readonly systemd?: { readonly mode: "true" | "false" | "always"; readonly active: boolean; readonly tmpfsBytes?: number };
  /** What becomes of the image's volumes; absent: anonymous volumes. */
  readonly imageVolumes?: "tmpfs" | "ignore";
  /** Directories of the container that get /etc/hosts and its like, too. */
  readonly chrootDirs?: readonly string[];
  /** `CONTAINER[:OPTIONS]`. */
  readonly volumesFrom?: readonly string[];
  /** Bits of personality(2). */
  readonly persona?: number;
  /** The profile in the image's label `io.containers.seccomp.profile` is taken, where there is one. */
  readonly seccompOfImage?: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly shmSizeBytes?: number;
  readonly stopSignal?: string;
  /** Seconds; 10 unless given. */
  readonly stopTimeoutSeconds?: number;
  /** Killed after so many seconds; 0 or absent: never. */
  readonly timeoutSeconds?: number;
  readonly network: NetworkRequest;
  readonly namespaces: NamespaceRequest;
  readonly limits: LimitsRequest;
  /** Absent: a control group where there are limits. */
  readonly cgroup?: CgroupRequest;
  readonly restart: RestartPolicy;
  readonly health?: HealthRequest;
  /** The process with which the container ends. */
  readonly lease?: LeaseRequest;
  readonly logDriver?: string;
  readonly logOptions: Readonly<Record<string, string>>;
  /** Who tells the service manager that the container is ready; `container` unless given. */
  readonly sdNotify?: "container" | "conmon" | "healthy" | "ignore";
  /** Absolute. */
  readonly pidFile?: string;
  readonly monitorPidFile?: string;
  readonly oomScoreAdj?: number;
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
  readonly pull: "always" | "missing" | "never" | "newer";
  readonly timezone?: string;
  readonly umask?: string;
  /** The words the user typed, for `inspect`'s CreateCommand. */
  readonly createCommand: readonly string[];
}

/** One mount, of one of podman's and docker's kinds; `options` are the words as written. */
export type MountRequest =
  | { readonly kind: "bind"; readonly source: string; readonly target: string; readonly options: readonly string[]; readonly createSource: boolean }
  | { readonly kind: "volume"; /** Absent for an anonymous volume. */ readonly name?: string; readonly target: string; readonly options: readonly string[]; readonly copyUp: boolean; /** A part of it. */ readonly subpath?: string }
  | { readonly kind: "tmpfs"; readonly target: string; readonly options: readonly string[] }
  | { readonly kind: "image"; readonly source: string; readonly target: string; readonly options: readonly string[]; readonly subpath?: string }
  | { readonly kind: "ramfs"; readonly target: string; readonly options: readonly string[] }
  | { /** A pattern of paths of the host; each is mounted below the target, or at its own path. */ readonly kind: "glob"; readonly source: string; readonly target: string; readonly options: readonly string[] }
  | { readonly kind: "devpts"; readonly target: string; readonly options: readonly string[] };

/** A secret, as a file that stays what it is when the container is made, or as a variable that is looked up at each start. */
export type SecretRequest =
  | { readonly kind: "mount"; readonly source: string; /** Absolute. */ readonly target: string; readonly uid: number; readonly gid: number; readonly mode: number }
  | { readonly kind: "env"; readonly source: string; readonly target: string };

/** A device node of the host, or a directory of them. */
export interface DeviceRequest {
  readonly source: string;
  readonly target: string;
  /** Subset of `rwm`. */
  readonly access: string;
}

/** The options of `--security-opt`. */
export interface SecurityRequest {
  readonly noNewPrivileges: boolean;
  /** `default`, `unconfined`, or the path of a profile. */
  readonly seccomp: string;
  readonly apparmor?: string;
  readonly labels: readonly string[];
  /** Extra masked paths; and paths (or `ALL`) to unmask. */
  /** Options of the container's /proc (`hidepid=2`). */
  readonly procOptions?: readonly string[];
  readonly mask: readonly string[];
  readonly unmask: readonly string[];
}

/** A resource limit of `--ulimit`. */
export interface Ulimit {
  /** Lower-case without `RLIMIT_`: `nofile`. */
  readonly name: string;
  /** -1 is unlimited. */
  readonly soft: number;
  readonly hard: number;
}

/** One published port. */
export interface PortRequest {
  readonly hostIp: string;
  /** 0: any free port. */
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp" | "sctp";
}

/** How the container is connected. */
export interface NetworkRequest {
  /** `default`, `none`, `host`, `pasta[:options]`, `slirp4netns[:options]`, `container:NAME`, `ns:PATH`, `bridge`, or network names. */
  readonly modes: readonly string[];
  /** It has none, because it was taken off its last one, and may be put on another. */
  readonly hasLeft?: true;
  readonly ports: readonly PortRequest[];
  readonly publishAll: boolean;
  readonly expose: readonly string[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  /** `name:address`, address may be `host-gateway`. */
  readonly addHosts: readonly string[];
  readonly noHosts: boolean;
  /** What /etc/hosts begins with: a file of the host's, `none`, or `image`; absent: the host's own. */
  readonly hostsFile?: string;
  readonly noHostname: boolean;
  readonly aliases: readonly string[];
  readonly ip?: string;
  readonly ip6?: string;
  readonly macAddress?: string;
  /** The host's names do not lead to its loopback. */
  readonly noHostLoopback?: boolean;
  /** Words of `--egress`: all that may be reached outside; absent: everything. */
  readonly egress?: readonly string[];
  /** Ports that only root may use are published higher. */
  readonly lowPorts?: "shift";
}

/** Which namespaces are the container's own. */
export interface NamespaceRequest {
  /** `private`, `host`, `container:NAME`, `ns:PATH`; ipc also `none`, `shareable`. */
  readonly pid: string;
  readonly ipc: string;
  readonly uts: string;
  readonly cgroup: string;
  /** Also `keep-id…`, `auto…`, `nomap`; empty: as the mounts need it. */
  readonly user: string;
  readonly idMaps: IdMapRequest;
}

/** Id maps that are given line by line, as typed. */
export interface IdMapRequest {
  readonly uids: readonly string[];
  readonly gids: readonly string[];
  /** Names in /etc/subuid and /etc/subgid. */
  readonly subUidName?: string;
  readonly subGidName?: string;
}

/** Limits for the container's control group; absent: none. */
export type LimitsRequest = Limits;

/** Wishes for health checks; what is absent is the image's, or the default. */
export interface HealthRequest {
  /** As in the image format: `CMD` or `CMD-SHELL` and words; `NONE` for none. */
  readonly test?: readonly string[];
  /** 0: only when asked for. */
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly startPeriodMs?: number;
  readonly startIntervalMs?: number;
  readonly retries?: number;
  readonly onFailure?: "none" | "kill" | "restart" | "stop";
  /** A directory; absent: beside the container. */
  readonly logDestination?: string;
  /** 0: all. */
  readonly maxLogCount?: number;
  readonly maxLogBytes?: number;
  /** Must succeed before the health is looked after. */
  readonly startup?: { readonly test: readonly string[]; readonly intervalMs: number; readonly timeoutMs: number; readonly retries: number; readonly successes: number };
}

/** A process of the host; the start time (field 22 of /proc/PID/stat) tells it from a later one with the same pid. */
export interface LeaseRequest {
  readonly pid: number;
  readonly start: number;
}

/** What happens when the container has ended by itself. */
export interface RestartPolicy {
  readonly name: "no" | "on-failure" | "always" | "unless-stopped";
  /** 0: no maximum. */
  readonly maximumRetries: number;
}

/** A request with every field at its default, to be spread over. */
export function defaultRequest(image: string): ContainerRequest {
  return {
    image, command: [], env: [], unsetEnv: [], unsetEnvAll: false, groupAdd: [], hostUsers: [], labels: {}, annotations: {},
    terminal: false, stdin: false, remove: false, init: false, readOnly: false, readOnlyTmpfs: true, privileged: false,
    mounts: [], devices: [], capAdd: [], capDrop: [],
    security: { noNewPrivileges: false, seccomp: "default", labels: [], mask: [], unmask: [] },
    ulimits: [], sysctls: {},
    network: { modes: ["default"], ports: [], publishAll: false, expose: [], dns: [], dnsSearch: [], dnsOptions: [], addHosts: [], noHosts: false, noHostname: false, aliases: [] },
    namespaces: { pid: "private", ipc: "private", uts: "private", cgroup: "private", user: "", idMaps: { uids: [], gids: [] } },
    limits: {}, restart: { name: "no", maximumRetries: 0 }, logOptions: {}, pull: "missing", createCommand: [],
  };
}

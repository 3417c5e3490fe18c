/**
 * What a launch needs beside the OCI runtime config: where the container's files are, which helpers run, what the monitor
 * must know. Filled by storage, network, cgroup and container code; turned into plan bytes by `compile.ts`.
 */

import type { IdRanges } from "../idmap/map.ts";

/** How the container's root comes about. All paths are absolute. */
export type StorageLaunch =
  | {
      /** The kernel's overlay, mounted by the container's own side. */
      readonly driver: "overlay";
      /** Directories, lowest layer first. */
      readonly lowers: readonly string[];
      readonly upper: string;
      readonly work: string;
      readonly rootfs: string;
      /** Further overlay options (`volatile`); `userxattr` is always given. */
      readonly options?: readonly string[];
    }
  | { /** `rootfs` is the tree itself, or a helper mounts it there. */ readonly driver: "tree"; readonly rootfs: string };

/** When a helper has done what it is started for. */
export type HelperReady =
  | { readonly kind: "at-once" }
  /** It writes a byte to, or closes, descriptor `{fd}`, which it inherits. */
  | { readonly kind: "byte" }
  /** A default route appears in the container's network namespace (only with `when: "after"`). */
  | { readonly kind: "route"; /** Families that the helper is expected to route. */ readonly families: "4" | "6" | "46" }
  /** This path appears. */
  | { readonly kind: "file"; readonly path: string }
  /** A FUSE file system is mounted on this directory (undone when the container has ended). */
  | { readonly kind: "fuse-mount"; readonly path: string };

/**
 * A program that serves the container from outside, in the outer user namespace, as a child of the monitor; killed when the
 * container ends. Run in the foreground where the program has a choice. In `argv`, `{pid}` becomes the pid of the container's
 * first process, `{fd}` the descriptor of `ready: byte`, `{exit}` a descriptor that reaches its end when the monitor is gone.
 */
export interface HelperLaunch {
  /** Used in messages: `pasta`. */
  readonly name: string;
  /** argv[0] is an absolute path. */
  readonly argv: readonly string[];
  /** `KEY=value`; nothing is inherited. */
  readonly env: readonly string[];
  /** `before`: before the container's namespaces exist (file systems); `after`: when they exist (networks). */
  readonly when: "before" | "after";
  readonly ready: HelperReady;
  /** Milliseconds until it is given up; 10000 unless given. */
  readonly timeoutMs?: number;
  /** Killed with the container, but its end is not awaited: it holds nothing that the next container could want. */
  readonly endsAlone?: boolean;
}

/** A user-defined network that the container joins when its namespaces exist; see native/network-join.h. */
export interface NetworkJoin {
  /** Its name, for messages. */
  readonly network: string;
  /** Where its process listens. */
  readonly directory: string;
  /** What its process is started with. */
  readonly config: string;
  /** Lines of a key and a value. */
  readonly request: string;
}

/** How the monitor keeps a container's resolv.conf like the host's; see native/resolver-file.h. */
export interface ResolverFollow {
  readonly forwarder: string;
  readonly gateway: string;
  readonly search: string;
  readonly options: string;
  readonly verbatim: boolean;
}

/** A namespace that is not the container's own new one. */
export type NamespaceChoice =
  | "new"
  | "host"
  /** That of a running process; `start` is field 22 of /proc/PID/stat. */
  | { readonly pid: number; readonly start: number }
  /** A namespace file. */
  | { readonly path: string };

/** Where each namespace comes from; the mount namespace is always new. */
export interface NamespaceLaunch {
  readonly network: NamespaceChoice;
  readonly pid: NamespaceChoice;
  readonly ipc: NamespaceChoice;
  readonly uts: NamespaceChoice;
  readonly cgroup: NamespaceChoice;
  /** `host`: the container lives in the outer namespace itself. */
  readonly user: NamespaceChoice;
}

/**
 * The choice that is really made: a container in another's pid namespace shares that one's user namespace, too, for only its
 * owner may mount a /proc that shows it. (The host's /proc in its place would show the host's processes.)
 */
export function effectiveNamespaces(namespaces: NamespaceLaunch): NamespaceLaunch {
  return typeof namespaces.pid === "object" && "pid" in namespaces.pid && namespaces.user === "new" ? { ...namespaces, user: namespaces.pid } : namespaces;
}

/** Settings for the monitor; see struct monitor_settings in native/container.h. */
export interface MonitorLaunch {
  readonly containerId: string;
  /** Absent: no log file. */
  readonly logPath?: string;
  /** 0: unlimited. */
  readonly logMaxBytes: number;
  readonly logMaxFiles: number;
  /** What records of the file carry, and the journal in its place. */
  readonly logAttributes?: string;
  readonly journal?: { readonly socket: string; readonly fields: string };
  readonly service?: ServiceLaunch;
  readonly terminal: boolean;
  readonly stdin: boolean;
  /** Closes standard input when the first client that sent some leaves. */
  readonly stdinOnce: boolean;
  readonly remove: boolean;
  /** Signal number. */
  readonly stopSignal: number;
  readonly stopTimeoutMs: number;
  readonly restart: { readonly policy: "no" | "on-failure" | "always" | "unless-stopped"; readonly maximum: number };
  /** 0: never. */
  readonly timeoutMs: number;
  readonly events?: EventsLaunch;
  readonly health?: HealthLaunch;
  readonly lease?: { readonly pid: number; readonly start: number };
}

/** What a service manager that started the container wants. */
export interface ServiceLaunch {
  readonly notify: "none" | "container" | "monitor" | "healthy";
  /** NOTIFY_SOCKET of the caller; empty for none. */
  readonly notifySocket: string;
  /** Files; empty for none. */
  readonly pidFile: string;
  readonly monitorPidFile: string;
}

/** Where the monitor notes what happens to the container. */
export interface EventsLaunch {
  readonly file: string;
  readonly maxBytes: number;
  /** Members of a JSON object: `"ID":"…","Name":"…"`. */
  readonly subject: string;
}

/** A probe; `execPlan` is the name of its plan's file in the container's directory. */
export interface CheckLaunch {
  readonly execPlan: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly retries: number;
}

/** Health checks, with all defaults filled in. */
export interface HealthLaunch extends CheckLaunch {
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly onFailure: "none" | "kill" | "restart" | "stop";
  /** File of the last probes. */
  readonly log: string;
  readonly maxLogCount: number;
  readonly maxLogBytes: number;
  readonly startup?: CheckLaunch & { readonly successes: number };
}

/** The container's control group and its limits. */
export interface CgroupLaunch {
  /** The cgroup's directories, made when missing, joined, and removed after the end (one; several with cgroup v1). */
  readonly paths: readonly string[];
  /** Written in order; `file` is absolute. */
  readonly limits: readonly { readonly file: string; readonly value: string; /** A refusal does not stop the start. */ readonly optional?: boolean }[];
}

/** What the monitor removes when the container has ended for good, in this order; done inside the outer user namespace. */
export interface CleanupLaunch {
  /** Files and symbolic links. */
  readonly unlink: readonly string[];
  /** All symbolic links in `directory` that lead to `target`: the container's name, which may have changed since the start. */
  readonly removeLinks?: { readonly directory: string; readonly target: string };
  /** Directory trees. */
  readonly removeTrees: readonly string[];
}

/** A volume that receives the image's content where it is mounted, if it is empty. */
export interface VolumeFill {
  /** The volume's directory on the host. */
  readonly source: string;
  /** The mount's destination, as in the config's `mounts`. */
  readonly destination: string;
}

/** Layers that are stacked for a mount. */
export interface ImageMountLaunch {
  readonly destination: string;
  /** Lowest first. */
  readonly lowers: readonly string[];
  /** Where what is written goes; absent: nothing can be written. */
  readonly writable?: { readonly upper: string; readonly work: string };
  /** An empty directory, used for a moment. */
  readonly place: string;
}

/** A hook of the kind createContainer. */
export interface HookLaunch {
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** 0: no limit. */
  readonly timeoutMs: number;
}

/** What stands in for namespaces and mounts where the kernel gives none: see native/trace.h. */
export interface TranslationLaunch {
  /** The tree that is the container's root. */
  readonly rootfs: string;
  /** A short link to it, for addresses of sockets. */
  readonly alias: string;
  readonly hostname: string;
  /** A directory in which those stand that would be file systems in memory; with `empty`, which is an empty directory. */
  readonly memory: string;
  readonly withoutNetwork: boolean;
}

/** Everything that `compile` needs beside the runtime config. */
export interface LaunchDetails {
  /** Absent: the container has namespaces. */
  readonly translation?: TranslationLaunch;
  readonly storage: StorageLaunch;
  /** The outer user namespace: for newuidmap, or one line of one id where there is no newuidmap. `outside` are host ids. */
  readonly outerIds: IdRanges;
  /**
   * The container's own user namespace; `outside` are ids of the outer one. Each range must lie within one range of `outerIds`
   * (the identity over [1 id, 65535 ids] is two ranges). Ignored unless `namespaces.user` is `new`.
   */
  readonly nestedIds: IdRanges;
  /** Whether the container may live in the outer user namespace where the kernel refuses a nested one. */
  readonly nestedOptional: boolean;
  /** Paths of the host that must belong to the container's root; the user's own otherwise. */
  readonly owned: readonly string[];
  /** Lines for the container's passwd and group files, unless their names or ids are there. */
  readonly accounts: readonly { readonly file: string; readonly line: string; readonly id: number }[];
  readonly namespaces: NamespaceLaunch;
  readonly monitor: MonitorLaunch;
  readonly helpers: readonly HelperLaunch[];
  readonly networks?: readonly NetworkJoin[];
  /** Nothing of its network is joined or served before it is put on one: it has left its last. */
  readonly networkOff?: boolean;
  readonly resolver?: ResolverFollow & { readonly path: string };
  /** Compiled BPF program, 8 bytes per instruction; absent: no filter. */
  readonly seccompFilter?: Uint8Array;
  readonly cgroup?: CgroupLaunch;
  readonly cleanup: CleanupLaunch;
  readonly volumeFills: readonly VolumeFill[];
  /** Of mounts of images, by destination. */
  readonly imageMounts?: readonly ImageMountLaunch[];
  /** The part of a mount's source that is mounted, by destination. */
  readonly subpaths?: readonly { readonly destination: string; readonly subpath: string }[];
  /** Programs of the host that run among the container's mounts before its root is entered. */
  readonly hooks?: readonly HookLaunch[];
  /** Directory of the config, for hooks. */
  readonly bundle?: string;
  /** Bits of personality(2). */
  readonly persona?: number;
  readonly secrets?: SecretLaunch;
  /** PID 1 is cala's own small init, which runs the container's program as its child. */
  readonly init: boolean;
  /** Names or numbers of further groups (`--group-add`), looked up in the container; with the config's additionalGids. */
  readonly groups: readonly string[];
  /** Keeps the user's own supplementary groups (`--group-add keep-groups`). */
  readonly keepGroups: boolean;
}

/** What a start gives the container's program, and no document of ours has. */
export interface SecretLaunch {
  /** Files of the store; what follows refers to them by their places here. */
  readonly sources: readonly string[];
  readonly files: readonly SecretFile[];
  readonly variables: readonly SecretVariable[];
}

/** A secret as a variable. */
export interface SecretVariable {
  readonly name: string;
  readonly index: number;
}

/** A secret as a file in memory that only this container has. */
export interface SecretFile {
  readonly destination: string;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly index: number;
}

/** Bits of the kernel for `NamespaceLaunch` (linux/sched.h). */
export const cloneFlags = {
  mount: 0x00020000, cgroup: 0x02000000, uts: 0x04000000, ipc: 0x08000000, user: 0x10000000, pid: 0x20000000, network: 0x40000000,
} as const;

/** What `doctor` looks at, as plain data: gathered once by `look.ts`, judged by the checks. */
import type { CgroupSupport } from "../cgroup/detect.ts";
import type { IdProbe } from "../idmap/probe.ts";
import type { SubordinateEntry } from "../idmap/subordinate.ts";
import type { DefaultRoutes } from "../host/routes.ts";

/** A program of the host that cala can use. */
export interface ToolFact {
  readonly name: string;
  readonly purpose: "network" | "storage" | "other";
  readonly present: boolean;
  readonly cost: string;
  /** The command that installs it. */
  readonly install: string;
}

/** A device node: not there, there but closed to this user, or usable. */
export type DeviceState = "missing" | "closed" | "open";

/** The mount that a directory lies on; sizes in bytes. */
export interface PlaceFacts {
  readonly path: string;
  /** As in /proc/self/mountinfo: `ext4`, `nfs4`, … */
  readonly fileSystem: string;
  /** Mount options: `rw`, `noexec`, … */
  readonly options: readonly string[];
  readonly writable: boolean;
  readonly sizeBytes: number;
  readonly freeBytes: number;
  /** Zero where the file system does not count them. */
  readonly files: number;
  readonly freeFiles: number;
}

/** How this login stands to systemd. */
export interface SessionFacts {
  readonly xdgRuntimeDir: string | undefined;
  readonly runtimeDirUsable: boolean;
  /** systemd is process 1. */
  readonly systemd: boolean;
  readonly lingers: boolean;
}

/** Everything the checks may ask of this host. */
export interface HostFacts {
  readonly kernelRelease: string;
  readonly ids: IdProbe;
  readonly hostUids: readonly number[];
  readonly subuids: readonly SubordinateEntry[];
  readonly subgids: readonly SubordinateEntry[];
  /** By name with dots; absent where the kernel does not have it. */
  readonly sysctls: Readonly<Record<string, string | undefined>>;
  /** Where newuidmap or newgidmap lies on a file system that grants no privileges to programs: its mount point. */
  readonly nosuidMount: string | undefined;
  /** The nodes of graphics cards that compute and render, by path. */
  readonly renderNodes: Readonly<Record<string, DeviceState>>;
  /** Whether a user namespace with mounts could be had, as containers need it; `words` is what went wrong. */
  readonly namespace: { readonly works: boolean; readonly words: string };
  /** What covers parts of /proc, so that the kernel gives no new one. */
  readonly coversOfProc: readonly string[];
  /** Whether a container's relay can bear the addresses of clients; `words` is what went wrong. */
  readonly clientAddresses: { readonly works: boolean; readonly words: string };
  /** The program that makes namespaces. */
  readonly programPath: string;
  readonly seccomp: boolean;
  /** `enforcing`, `permissive`; absent without SELinux. */
  readonly selinux: "enforcing" | "permissive" | undefined;
  readonly devices: Readonly<Record<string, DeviceState>>;
  readonly tools: readonly ToolFact[];
  readonly routes: DefaultRoutes;
  readonly nameServers: number;
  readonly data: PlaceFacts;
  readonly homeMode: number | undefined;
  /** Why containers and images could not be read by this version; absent: they can. */
  readonly storeTrouble: string | undefined;
  /** The best driver that works, and what was wrong with the better ones. */
  readonly driver: { readonly name: string | undefined; readonly refusals: readonly { readonly reason: string; readonly fix: string }[] };
  readonly cgroups: CgroupSupport;
  /** Controllers that the kernel has at the root of all groups. */
  readonly hostControllers: readonly string[];
  /** Controllers that the user's systemd manager, or else this process's own group, has been given. */
  readonly delegated: readonly string[];
  readonly session: SessionFacts;
  readonly openFiles: number;
  readonly nowMs: number;
}

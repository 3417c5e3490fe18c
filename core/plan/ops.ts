/**
 * THE op table: every primitive operation of a launch plan. `generate-header.ts` makes native/plan-ops.h from it, `encode.ts` and
 * `decode.ts` follow it, and the C reader checks every plan against it.
 *
 * Rules that the reader enforces: an op stands only in its section; within a section ranks never fall; a `single` op comes at
 * most once; `exec` is the last op of `enter`.
 */

/** `path`: a non-empty string below 4096 bytes. `list`: strings. Strings contain no NUL. */
export type ArgumentType = "u32" | "i32" | "u64" | "string" | "path" | "list" | "bytes";

/** The sections of a plan, in their order in the file. */
export const sectionNames = ["settings", "host", "setup", "enter", "cleanup"] as const;
/** Name of a section. */
export type SectionName = (typeof sectionNames)[number];

/** What the table says of an op. */
export interface OpDefinition {
  /** Stable number in the file. */
  readonly code: number;
  readonly section: SectionName;
  /** Place within the section; ops of one rank come in any order. */
  readonly rank: number;
  /** At most once per plan. */
  readonly single?: boolean;
  readonly arguments: Readonly<Record<string, ArgumentType>>;
}

/** The table: name to definition. */
export const ops = {
  // settings: facts for the monitor and for the making of namespaces; never run
  "monitor": {
    code: 1, section: "settings", rank: 1, single: true,
    arguments: {
      containerId: "string", logPath: "string", logMaxBytes: "u64", logMaxFiles: "u32", flags: "u32", stopSignal: "u32", stopTimeoutMs: "u32",
      restartPolicy: "u32", restartMaximum: "u32", timeoutMs: "u32",
    },
  },
  "outer-map": { code: 2, section: "settings", rank: 2, single: true, arguments: { uids: "list", gids: "list" } },
  "namespaces": { code: 3, section: "settings", rank: 3, single: true, arguments: { create: "u32", flags: "u32" } },
  "nested-map": { code: 4, section: "settings", rank: 4, single: true, arguments: { uids: "list", gids: "list" } },
  "join": { code: 5, section: "settings", rank: 5, arguments: { type: "u32", pid: "u32", start: "u64", path: "string" } },
  "events": { code: 110, section: "settings", rank: 6, single: true, arguments: { file: "path", maxBytes: "u64", subject: "string" } },
  "health-check": {
    code: 111, section: "settings", rank: 7, single: true,
    arguments: {
      execPlan: "string", intervalMs: "u32", timeoutMs: "u32", startPeriodMs: "u32", startIntervalMs: "u32", retries: "u32", onFailure: "u32",
      log: "string", logCount: "u32", logBytes: "u32",
    },
  },
  "startup-check": { code: 112, section: "settings", rank: 8, single: true, arguments: { execPlan: "string", intervalMs: "u32", timeoutMs: "u32", retries: "u32", successes: "u32" } },
  "lease": { code: 113, section: "settings", rank: 9, single: true, arguments: { pid: "u32", start: "u64" } },
  "log-details": { code: 114, section: "settings", rank: 10, single: true, arguments: { attributes: "string", journalSocket: "string", journalFields: "string" } },
  "service": { code: 115, section: "settings", rank: 11, single: true, arguments: { notifyMode: "u32", notifySocket: "string", pidFile: "string", monitorPidFile: "string" } },
  "resolver": {
    code: 151, section: "settings", rank: 12, single: true,
    arguments: { path: "path", forwarder: "string", gateway: "string", search: "string", options: "string", verbatim: "u32" },
  },

  "secret-source": { code: 400, section: "settings", rank: 13, arguments: { path: "path" } },
  "restore": { code: 250, section: "settings", rank: 14, single: true, arguments: { pidFile: "path" } },
  "network-off": { code: 134, section: "settings", rank: 15, single: true, arguments: {} },

  // host: by the monitor, in the outer user namespace, before (spawn: or after) the container's namespaces are made
  "cgroup-create": { code: 16, section: "host", rank: 1, arguments: { path: "path" } },
  "cgroup-write": { code: 17, section: "host", rank: 2, arguments: { path: "path", value: "string" } },
  "cgroup-join": { code: 18, section: "host", rank: 3, arguments: { path: "path" } },
  "owner": { code: 130, section: "host", rank: 1, arguments: { path: "path", uid: "u32", gid: "u32" } },
  "spawn": {
    code: 19, section: "host", rank: 4,
    arguments: { name: "string", when: "u32", ready: "u32", end: "u32", readyPath: "string", timeoutMs: "u32", argv: "list", env: "list" },
  },
  "borrow-mount": { code: 360, section: "host", rank: 4, single: true, arguments: { pid: "u32", start: "u64", path: "path" } },
  "network-join": { code: 150, section: "host", rank: 4, arguments: { directory: "path", config: "path", request: "string" } },

  // setup: in the container's namespaces; mount destinations are resolved below the container's root
  "root-overlay": { code: 32, section: "setup", rank: 1, single: true, arguments: { lowers: "list", upper: "path", work: "path", target: "path", options: "list" } },
  "root-bind": { code: 33, section: "setup", rank: 1, single: true, arguments: { source: "path", target: "path" } },
  "translate-root": { code: 340, section: "setup", rank: 1, single: true, arguments: { rootfs: "path", alias: "string", hostname: "string", pid: "u32", start: "u64", flags: "u32" } },
  "translate-bind": { code: 341, section: "setup", rank: 2, arguments: { source: "path", destination: "path", flags: "u32" } },
  "mount-filesystem": {
    code: 34, section: "setup", rank: 2,
    arguments: { type: "string", source: "string", destination: "path", attributes: "u64", propagation: "u32", flags: "u32", options: "list", fallback: "string" },
  },
  "mount-bind": { code: 35, section: "setup", rank: 2, arguments: { source: "path", destination: "path", attributes: "u64", propagation: "u32", flags: "u32" } },
  "mount-overlay": {
    code: 131, section: "setup", rank: 2,
    arguments: { lowers: "list", upper: "path", work: "path", destination: "path", attributes: "u64", propagation: "u32", options: "list" },
  },
  "mount-owner": { code: 132, section: "setup", rank: 2, arguments: { destination: "path", user: "string" } },
  "account": { code: 133, section: "setup", rank: 2, arguments: { file: "path", line: "string", id: "u32" } },
  "mount-subpath": { code: 174, section: "setup", rank: 2, arguments: { source: "path", subpath: "path", destination: "path", attributes: "u64", propagation: "u32" } },
  "mount-layers": {
    code: 173, section: "setup", rank: 2,
    arguments: { lowers: "list", upper: "string", work: "string", place: "path", subpath: "string", destination: "path", attributes: "u64", propagation: "u32" },
  },
  "mount-borrowed": { code: 361, section: "setup", rank: 2, single: true, arguments: { destination: "path", attributes: "u64" } },
  "copy-volume": { code: 36, section: "setup", rank: 2, arguments: { source: "path", destination: "path" } },
  "secret": { code: 120, section: "setup", rank: 2, arguments: { destination: "path", uid: "u32", gid: "u32", mode: "u32", flags: "u32", index: "u32" } },
  "symlink": { code: 37, section: "setup", rank: 2, arguments: { target: "path", path: "path" } },
  "make-directory": { code: 38, section: "setup", rank: 2, arguments: { path: "path", mode: "u32" } },
  "make-file": { code: 251, section: "setup", rank: 2, arguments: { path: "path", mode: "u32" } },
  "secret-variable": { code: 401, section: "setup", rank: 3, arguments: { name: "string", index: "u32" } },
  "terminal": { code: 39, section: "setup", rank: 3, single: true, arguments: { rows: "u32", columns: "u32", bindConsole: "u32" } },
  "hostname": { code: 40, section: "setup", rank: 3, single: true, arguments: { name: "string" } },
  "domainname": { code: 41, section: "setup", rank: 3, single: true, arguments: { name: "string" } },
  "loopback-up": { code: 42, section: "setup", rank: 3, single: true, arguments: {} },
  "oom-score": { code: 43, section: "setup", rank: 3, single: true, arguments: { value: "i32" } },
  "sysctl": { code: 44, section: "setup", rank: 4, arguments: { file: "path", value: "string" } },
  "hook": { code: 172, section: "setup", rank: 4, arguments: { path: "path", argv: "list", env: "list", timeoutMs: "u32", state: "string" } },
  "read-only-path": { code: 45, section: "setup", rank: 5, arguments: { path: "path" } },
  "mask-path": { code: 46, section: "setup", rank: 5, arguments: { path: "path" } },
  "pivot-root": { code: 47, section: "setup", rank: 6, single: true, arguments: { propagation: "u32" } },
  "translate": { code: 342, section: "setup", rank: 6, single: true, arguments: {} },
  "root-read-only": { code: 48, section: "setup", rank: 7, single: true, arguments: {} },

  // enter: the container's first process becomes what the user asked for
  "rlimit": { code: 64, section: "enter", rank: 1, arguments: { resource: "u32", soft: "u64", hard: "u64" } },
  "umask": { code: 65, section: "enter", rank: 1, single: true, arguments: { mask: "u32" } },
  "environment": { code: 66, section: "enter", rank: 1, single: true, arguments: { variables: "list" } },
  "working-directory": { code: 67, section: "enter", rank: 2, single: true, arguments: { path: "path" } },
  "bounding-capabilities": { code: 68, section: "enter", rank: 3, single: true, arguments: { bounding: "u64" } },
  "user": { code: 69, section: "enter", rank: 4, single: true, arguments: { user: "string", groups: "list", flags: "u32" } },
  "apparmor": { code: 170, section: "enter", rank: 5, single: true, arguments: { profile: "string" } },
  "selinux": { code: 402, section: "enter", rank: 5, single: true, arguments: { label: "string" } },
  "personality": { code: 171, section: "enter", rank: 5, single: true, arguments: { persona: "u32" } },
  "seccomp": { code: 70, section: "enter", rank: 5, arguments: { filter: "bytes", flags: "u32" } },
  "capabilities": { code: 71, section: "enter", rank: 5, single: true, arguments: { effective: "u64", permitted: "u64", inheritable: "u64", ambient: "u64" } },
  "no-new-privileges": { code: 72, section: "enter", rank: 5, single: true, arguments: {} },
  "exec": { code: 73, section: "enter", rank: 6, single: true, arguments: { arguments: "list", flags: "u32" } },

  // cleanup: by the monitor when a container has ended for good
  "unlink": { code: 96, section: "cleanup", rank: 1, arguments: { path: "path" } },
  "remove-links": { code: 98, section: "cleanup", rank: 1, arguments: { directory: "path", target: "path" } },
  "remove-tree": { code: 97, section: "cleanup", rank: 1, arguments: { path: "path" } },
} as const satisfies Readonly<Record<string, OpDefinition>>;

/** Name of an op. */
export type OpName = keyof typeof ops;

interface ValueTypes {
  u32: number;
  i32: number;
  u64: bigint;
  string: string;
  path: string;
  list: readonly string[];
  bytes: Uint8Array;
}

/** The values an op takes, by argument name. */
export type OpValues<Name extends OpName> = {
  readonly [Key in keyof (typeof ops)[Name]["arguments"]]: (typeof ops)[Name]["arguments"][Key] extends ArgumentType
    ? ValueTypes[(typeof ops)[Name]["arguments"][Key]]
    : never;
};

/** One op of a plan, with its values, its errno policy, and the config field it came from. */
export interface PlanOp {
  readonly name: OpName;
  readonly values: Readonly<Record<string, ValueTypes[ArgumentType]>>;
  readonly policy: Policy;
  /** In words: `mounts[3] ("/data")`. */
  readonly origin: string;
}

/** What a failure of an op means. */
export type Policy = "fail" | "ignore";
export const policyCodes = { fail: 0, ignore: 1 } as const satisfies Readonly<Record<Policy, number>>;

/** Makes an op; checked against the table by the compiler. */
export function op<Name extends OpName>(name: Name, values: OpValues<Name>, origin: string, policy: Policy = "fail"): PlanOp {
  return { name, values: values as PlanOp["values"], policy, origin };
}

/** Header facts shared with C. */
export const planFormat = { magic: 0x414c4143, version: 1, headerBytes: 64, opBytes: 12, maxBytes: 4 << 20, maxOps: 4096 } as const;

/** Numbers inside arguments, by group; each group becomes `#define GROUP_NAME` in C. */
export const planConstants = {
  "monitor": { tty: 1, stdin: 2, remove: 4, stdinOnce: 8 },
  "namespaces": { nestedOptional: 1 },
  "notify": { none: 0, container: 1, monitor: 2, healthy: 3 },
  "health-failure": { none: 0, kill: 1, restart: 2, stop: 3 },
  "spawn-when": { before: 0, after: 1 },
  "spawn-end": { awaited: 0, alone: 1 },
  "spawn-ready": { atOnce: 0, byte: 2, file: 3, fuseMount: 4, route: 5 },
  "mount-flag": { recursive: 1, optional: 2, copyUp: 4, recursiveAttributes: 8, idmap: 16 },
  "translate": { readOnly: 1, optional: 2, noNewPrivileges: 4, nested: 8, withoutNetwork: 16 },
  "secret-flag": { shared: 1, first: 2, last: 4 },
  "user-flag": { keepGroups: 1, ownStdio: 2 },
  "seccomp-flag": { log: 2, specAllow: 4 },
  "exec-flag": { init: 1 },
} as const;

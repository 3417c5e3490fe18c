/** A small container's config and launch details, for the plan's tests. */
import type { RuntimeConfig } from "../../../core/oci/runtime-config.ts";
import type { LaunchDetails } from "../../../core/plan/launch-details.ts";

export const sampleConfig: RuntimeConfig = {
  ociVersion: "1.0.2",
  process: {
    cwd: "/srv", env: ["PATH=/bin"], args: ["sh", "-c", "true"], user: { uid: 0, gid: 0, username: "app:staff", additionalGids: [7] },
    capabilities: { bounding: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"] },
    rlimits: [{ type: "RLIMIT_NOFILE", soft: 1024, hard: -1 }],
  },
  root: { path: "rootfs", readonly: true },
  hostname: "box",
  mounts: [
    { destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"] },
    { destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"] },
    { destination: "/data", type: "bind", source: "/vol", options: ["rbind", "ro", "rslave"] },
    { destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", "size=1m"] },
  ],
  linux: { maskedPaths: ["/proc/kcore"], readonlyPaths: ["/proc/sys"], sysctl: { "net.core.somaxconn": "9" } },
};

const ids = [{ inside: 0, outside: 1000, count: 1 }, { inside: 1, outside: 100000, count: 65536 }];
const nested = [{ inside: 0, outside: 0, count: 1 }, { inside: 1, outside: 1, count: 65536 }];

export const sampleDetails: LaunchDetails = {
  storage: { driver: "overlay", lowers: ["/l/1", "/l/2"], upper: "/c/upper", work: "/c/work", rootfs: "/c/rootfs" },
  outerIds: { uids: ids, gids: ids }, nestedIds: { uids: nested, gids: nested }, nestedOptional: true, owned: [], accounts: [],
  namespaces: { network: "new", pid: "new", ipc: "new", uts: "new", cgroup: "new", user: "new" },
  monitor: {
    containerId: "abc", logPath: "/c/log", logMaxBytes: 0, logMaxFiles: 1, terminal: false, stdin: true, stdinOnce: false, remove: true, stopSignal: 15,
    stopTimeoutMs: 9, restart: { policy: "no", maximum: 0 }, timeoutMs: 0,
  },
  helpers: [{ name: "net", argv: ["/bin/net", "{pid}"], env: [], when: "after", ready: { kind: "byte" }, timeoutMs: 5 }],
  seccompFilter: new Uint8Array(16), cgroup: { paths: ["/cg/x"], limits: [{ file: "/cg/x/pids.max", value: "5", optional: true }] },
  cleanup: { unlink: ["/run/x"], removeLinks: { directory: "/names", target: "abc" }, removeTrees: ["/c"] }, volumeFills: [{ source: "/vol", destination: "/data" }], init: true, groups: ["wheel"], keepGroups: false,
};

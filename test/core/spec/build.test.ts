import { test } from "uvu";
import * as assert from "uvu/assert";
import type { RuntimeConfig } from "../../../core/oci/runtime-config.ts";
import { buildRuntimeConfig, type BuildInput } from "../../../core/spec/build.ts";
import { defaultRequest, type ContainerRequest } from "../../../core/spec/request.ts";

const fresh = { kind: "private" } as const;
const outer = [{ inside: 0, outside: 0, count: 1 }, { inside: 1, outside: 1, count: 65535 }];
const input: BuildInput = {
  request: defaultRequest("img"), image: { Cmd: ["sh"] }, id: "0123456789ab".padEnd(64, "c"), rootfs: "/r",
  files: { hosts: "/c/hosts", resolvConf: "/c/resolv.conf", hostname: "/c/hostname", containerEnv: "/c/env" },
  namespaces: { network: fresh, pid: fresh, ipc: fresh, uts: fresh, cgroup: fresh, user: fresh },
  mounts: [], sources: {}, devices: [], uids: outer, gids: outer,
  host: { hardLimits: { nofile: 1000, nproc: 500 }, cgroup: "v2", hostname: "host", oomScoreAdj: 100 },
};
const build = (fields: Partial<ContainerRequest>, rest: Partial<BuildInput> = {}): RuntimeConfig => buildRuntimeConfig({ ...input, ...rest, request: { ...input.request, ...fields } });

/** A config as lines that are easy to compare; long lists are told by their length. */
function listing(config: RuntimeConfig): string[] {
  const { process, linux } = config;
  return [
    `${process?.args?.join(" ") ?? ""} in ${process?.cwd ?? ""} as ${process?.user.username ?? "root"} on ${config.hostname ?? "the host's name"}`,
    `caps ${process?.capabilities?.bounding?.length ?? 0}/${process?.capabilities?.effective?.length ?? 0} root ${config.root?.readonly === true ? "ro" : "rw"} masks ${linux?.maskedPaths?.length ?? 0}/${linux?.readonlyPaths?.length ?? 0}`,
    `namespaces ${linux?.namespaces?.map(({ type, path }) => (path === undefined ? type : `${type}:${path}`)).join(" ") ?? ""}`,
    ...(config.mounts ?? []).map(({ destination, type, source, options }) => `${destination} ${type ?? ""} ${source ?? ""} ${options?.join(",") ?? ""}`),
  ];
}

const standard = [
  "sh in / as root on 0123456789ab",
  "caps 11/11 root rw masks 12/6",
  "namespaces user pid network ipc uts cgroup mount",
  "/proc proc proc nosuid,noexec,nodev",
  "/dev tmpfs tmpfs nosuid,noexec,strictatime,mode=755,size=65536k",
  "/sys sysfs sysfs nosuid,noexec,nodev,ro",
  "/dev/pts devpts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5",
  "/dev/mqueue mqueue mqueue nosuid,noexec,nodev",
  "/dev/shm tmpfs shm nosuid,noexec,nodev,mode=1777,size=67108864",
  "/etc/hosts bind /c/hosts bind,rprivate",
  "/etc/resolv.conf bind /c/resolv.conf bind,rprivate",
  "/etc/hostname bind /c/hostname bind,rprivate",
  "/run/.containerenv bind /c/env bind,rprivate",
  "/sys/fs/cgroup cgroup cgroup rprivate,nosuid,noexec,nodev,relatime,ro",
];

test("a plain container", () => {
  const config = build({});
  assert.equal(listing(config), standard);
  assert.equal(config.linux?.uidMappings, [{ containerID: 0, hostID: 0, size: 1 }, { containerID: 1, hostID: 1, size: 65535 }]);
  assert.equal(config.linux?.sysctl, { "net.ipv4.ping_group_range": "0 0" });
  assert.equal(config.process?.rlimits, [{ type: "RLIMIT_NOFILE", soft: 1000, hard: 1000 }, { type: "RLIMIT_NPROC", soft: 500, hard: 500 }]);
});
test("read-only, with writable directories; its files are read-only too", () => {
  const lines = listing(build({ readOnly: true }));
  assert.ok(lines.includes("caps 11/11 root ro masks 12/6"));
  for (const path of ["/run", "/tmp", "/var/tmp"]) assert.ok(lines.includes(`${path} tmpfs tmpfs rw,rprivate,nosuid,nodev,tmpcopyup`), path);
  assert.ok(lines.includes("/etc/hosts bind /c/hosts bind,rprivate,ro,nosuid,noexec,nodev"));
  assert.not.ok(listing(build({ readOnly: true, readOnlyTmpfs: false })).some((line) => line.startsWith("/tmp")));
});
test("on the host's network: /sys is bound, the ports of the host, no sysctl", () => {
  const config = build({}, { namespaces: { ...input.namespaces, network: { kind: "host" }, uts: { kind: "host" } } });
  assert.ok(listing(config).includes("/sys bind /sys rbind,rslave,nosuid,noexec,nodev,ro"));
  assert.equal(config.linux?.sysctl, {});
  assert.is(config.hostname, undefined);
  assert.ok(config.process?.env?.includes("HOSTNAME=host"));
});
test("privileged", () => {
  const config = build({ privileged: true }, { devices: [{ source: "/dev/fuse", target: "/dev/fuse", access: "rwm" }] });
  const lines = listing(config);
  assert.ok(lines.includes("caps 41/41 root rw masks 0/0"));
  assert.ok(lines.includes("/sys sysfs sysfs nosuid,noexec,nodev,rw"));
  assert.ok(lines.includes("/dev/fuse bind /dev/fuse bind,rprivate,rw,nosuid,noexec"));
  assert.is(config.linux?.rootfsPropagation, "rslave");
});
test("without cgroup v2 /sys/fs/cgroup is left alone", () => {
  assert.not.ok(listing(build({}, { host: { ...input.host, cgroup: "none" } })).some((line) => line.startsWith("/sys/fs/cgroup")));
});
test("asked mounts, limits, hostname and the rest", () => {
  const config = build(
    { hostname: "web", limits: { memoryBytes: 5 }, oomScoreAdj: -500, user: "5", capAdd: ["NET_RAW"], annotations: { a: "b" }, stopSignal: "QUIT", shmSizeBytes: 4096, network: { ...input.request.network, noHosts: true } },
    { mounts: [{ kind: "volume", name: "v", target: "/data", options: ["ro"], copyUp: true }], sources: { "/data": "/vols/v" } },
  );
  const lines = listing(config);
  assert.ok(lines.includes("sh in / as 5 on web"));
  assert.ok(lines.includes("caps 12/1 root rw masks 12/6"));
  assert.ok(lines.includes("/data bind /vols/v rbind,rprivate,ro,nosuid,nodev"));
  assert.ok(lines.includes("/dev/shm tmpfs shm nosuid,noexec,nodev,mode=1777,size=4096"));
  assert.not.ok(lines.some((line) => line.startsWith("/etc/hosts ")));
  assert.is(config.process?.oomScoreAdj, 100);
  assert.equal(config.linux?.resources, { memory: { limit: 5 } });
  assert.equal(config.annotations, { a: "b", "io.container.manager": "cala", "org.opencontainers.image.stopSignal": "SIGQUIT" });
});
test("without a nested user namespace there are no maps", () => {
  const config = build({}, { namespaces: { ...input.namespaces, user: { kind: "host" } } });
  assert.is(config.linux?.uidMappings, undefined);
  assert.not.ok(config.linux?.namespaces?.some(({ type }) => type === "user"));
});

test.run();

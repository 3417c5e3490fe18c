import { test } from "uvu";
import * as assert from "uvu/assert";
import type { HostFacts } from "../../../core/doctor/facts.ts";
import { allChecks } from "../../../core/doctor/checks/index.ts";
import { examine } from "../../../core/doctor/examine.ts";

const program = { path: "/usr/bin/newuidmap", privileged: true };
const range = { first: 200_000, count: 65_536 };
const tool = (name: string, purpose: "network" | "storage" | "other") => ({ name, purpose, present: true, cost: "something is slower", install: `sudo apt-get install -y ${name}` });

/** A host on which nothing is wrong. */
const well: HostFacts = {
  kernelRelease: "6.1.0-13-amd64", hostUids: [1000, 1001],
  ids: { uid: 1000, gid: 1000, name: "ann", subuids: [range], subgids: [range], newuidmap: program, newgidmap: { ...program, path: "/usr/bin/newgidmap" }, noNewPrivileges: false, installCommand: "sudo apt-get install -y uidmap" },
  subuids: [{ ...range, owner: "ann" }], subgids: [{ ...range, owner: "ann" }],
  sysctls: { "kernel.unprivileged_userns_clone": "1", "user.max_user_namespaces": "90000", "net.ipv4.ip_unprivileged_port_start": "80", "net.ipv4.ping_group_range": "0\t2147483647", "fs.inotify.max_user_instances": "128" },
  nosuidMount: undefined, renderNodes: { "/dev/dri/renderD128": "open" }, hostControllers: ["cpu", "cpuset", "io", "memory", "pids"],
  namespace: { works: true, words: "" }, coversOfProc: [], clientAddresses: { works: true, words: "" }, programPath: "/home/ann/cala-native", seccomp: true, selinux: undefined,
  devices: { "/dev/net/tun": "open", "/dev/fuse": "open" },
  tools: [tool("carrier", "network"), tool("stacker", "storage"), tool("criu", "other")],
  routes: { ipv4: true, ipv6: false }, nameServers: 1,
  data: { path: "/home/ann/.local/share/cala", fileSystem: "ext4", options: ["rw"], writable: true, sizeBytes: 1e12, freeBytes: 5e11, files: 1e6, freeFiles: 9e5 },
  homeMode: 0o755, storeTrouble: undefined, driver: { name: "overlay", refusals: [] },
  cgroups: { kind: "unified", own: "/sys/fs/cgroup/user.slice", controllers: ["memory"], writable: false, runtimeDir: "/run/user/1000" },
  delegated: ["cpu", "cpuset", "io", "memory", "pids"],
  session: { xdgRuntimeDir: "/run/user/1000", runtimeDirUsable: true, systemd: true, lingers: true },
  openFiles: 1024, nowMs: Date.UTC(2026, 0, 1),
};

const { ids, data, session, cgroups } = well;
const powerless = { path: "/usr/bin/newuidmap", privileged: false };
const refusal = { reason: "the kernel's overlay cannot be used here: ENOTSUP", fix: "use another file system" };

/** What is seeded, the one code that must come of it, and what the fix must hold. */
const cases: readonly (readonly [code: string, level: string, seed: Partial<HostFacts>, fix: RegExp])[] = [
  ["kernel-old", "warning", { kernelRelease: "5.4.0-1-generic" }, /update the kernel/],
  ["userns-disabled", "error", { sysctls: { ...well.sysctls, "kernel.unprivileged_userns_clone": "0" } }, /^echo 'kernel\.unprivileged_userns_clone=1' \| sudo tee/],
  ["userns-limit", "error", { sysctls: { ...well.sysctls, "user.max_user_namespaces": "0" }, namespace: { works: false, words: "ENOSPC" } }, /user\.max_user_namespaces=28633/],
  ["mountns-limit", "error", { sysctls: { ...well.sysctls, "user.max_mnt_namespaces": "0" } }, /user\.max_mnt_namespaces/],
  ["pidns-limit", "error", { sysctls: { ...well.sysctls, "user.max_pid_namespaces": "0" } }, /user\.max_pid_namespaces/],
  ["netns-limit", "error", { sysctls: { ...well.sysctls, "user.max_net_namespaces": "0" } }, /user\.max_net_namespaces/],
  ["ipcns-limit", "error", { sysctls: { ...well.sysctls, "user.max_ipc_namespaces": "0" } }, /90-cala-user-max_ipc_namespaces\.conf/],
  ["utsns-limit", "error", { sysctls: { ...well.sysctls, "user.max_uts_namespaces": "0" } }, /user\.max_uts_namespaces/],
  ["cgroupns-limit", "error", { sysctls: { ...well.sysctls, "user.max_cgroup_namespaces": "0" } }, /user\.max_cgroup_namespaces/],
  ["ptrace-forbidden", "note", { sysctls: { ...well.sysctls, "kernel.yama.ptrace_scope": "3" } }, /ptrace_scope=1/],
  ["mapper-nosuid", "warning", { nosuidMount: "/usr" }, /^sudo mount -o remount,suid \/usr$/],
  ["render-closed", "note", { renderNodes: { "/dev/dri/renderD128": "closed" } }, /usermod --append --groups .*ann/],
  ["cgroup-memory-off", "note", { hostControllers: ["cpu", "cpuset", "io", "pids"], delegated: ["cpu", "cpuset", "io", "pids"] }, /cgroup_enable=memory/],
  ["userns-apparmor", "error", { sysctls: { ...well.sysctls, "kernel.apparmor_restrict_unprivileged_userns": "1" }, namespace: { works: false, words: "EACCES" } }, /profile cala \/home\/ann\/cala-native flags=\(unconfined\).*userns,.*apparmor_parser -r \/etc\/apparmor\.d\/cala$/],
  ["proc-covered", "error", { coversOfProc: ["/proc/sys", "/proc/keys"] }, /--security-opt unmask=ALL/],
  ["userns-refused", "error", { namespace: { works: false, words: "unshare: EPERM" } }, /seccomp=unconfined/],
  ["seccomp-missing", "warning", { seccomp: false }, /libseccomp/],
  ["selinux-enforcing", "note", { selinux: "enforcing" }, /:z/],
  ["inotify-few", "note", { sysctls: { ...well.sysctls, "fs.inotify.max_user_instances": "16" } }, /max_user_instances=512/],
  ["open-files-few", "note", { openFiles: 256 }, /ulimit -n/],
  ["clock-wrong", "warning", { nowMs: 0 }, /set-ntp/],
  ["account-missing", "warning", { ids: { ...ids, name: undefined } }, /useradd --uid 1000/],
  ["subordinate-ids-missing", "warning", { ids: { ...ids, subuids: [], subgids: [] }, subuids: [], subgids: [] }, /^sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann$/],
  ["subordinate-ids-few", "warning", { ids: { ...ids, subuids: [{ first: 200_000, count: 10 }] } }, /--add-subuids 265536-331071/],
  ["subordinate-ids-overlap", "warning", { subuids: [{ ...range, owner: "ann" }, { owner: "bob", first: 260_000, count: 65_536 }] }, /ann:325536:65536/],
  ["subordinate-ids-are-accounts", "warning", { hostUids: [1000, 200_005] }, /--del-subuids 200000-265535 ann/],
  ["newuidmap-missing", "warning", { ids: { ...ids, newuidmap: undefined } }, /install -y uidmap/],
  ["newgidmap-missing", "warning", { ids: { ...ids, newgidmap: undefined } }, /install -y uidmap/],
  ["newuidmap-powerless", "warning", { ids: { ...ids, newuidmap: powerless } }, /chmod u\+s \/usr\/bin\/newuidmap/],
  ["newgidmap-powerless", "warning", { ids: { ...ids, newgidmap: { ...powerless, path: "/usr/bin/newgidmap" } } }, /chmod u\+s \/usr\/bin\/newgidmap/],
  ["no-new-privileges", "warning", { ids: { ...ids, noNewPrivileges: true } }, /NoNewPrivileges/],
  ["data-unwritable", "error", { data: { ...data, writable: false } }, /chown/],
  ["data-noexec", "error", { data: { ...data, options: ["rw", "noexec"] } }, /CALA_ROOT/],
  ["data-on-network", "warning", { data: { ...data, fileSystem: "nfs4" } }, /CALA_ROOT/],
  ["data-on-network", "warning", { data: { ...data, fileSystem: "lustre" } }, /CALA_ROOT/],
  ["disk-full", "warning", { data: { ...data, freeBytes: 1000 } }, /prune/],
  ["inodes-few", "warning", { data: { ...data, freeFiles: 10 } }, /prune/],
  ["store-unreadable", "error", { storeTrouble: "the data has the format 2.0.0" }, /CALA_ROOT/],
  ["storage-driver-unusable", "error", { driver: { name: undefined, refusals: [refusal] } }, /another file system/],
  ["storage-driver-slow", "warning", { driver: { name: "vfs", refusals: [refusal] } }, /another file system/],
  ["fuse-unusable", "note", { devices: { ...well.devices, "/dev/fuse": "missing" } }, /modprobe fuse/],
  ["home-closed", "note", { homeMode: 0o700 }, /chmod o\+x ~/],
  ["network-helper-missing", "warning", { tools: [] }, /^$/],
  ["tun-unusable", "warning", { devices: { ...well.devices, "/dev/net/tun": "closed" } }, /chmod 0666 \/dev\/net\/tun/],
  ["route-missing", "note", { routes: { ipv4: false, ipv6: false } }, /ip route/],
  ["resolver-missing", "note", { nameServers: 0 }, /--dns/],
  ["low-ports", "note", { sysctls: { ...well.sysctls, "net.ipv4.ip_unprivileged_port_start": "1024" } }, /ip_unprivileged_port_start=80/],
  ["client-addresses-lost", "warning", { clientAddresses: { works: false, words: "not permitted" } }, /seccomp=unconfined/],
  ["ping-closed", "note", { sysctls: { ...well.sysctls, "net.ipv4.ping_group_range": "1\t0" } }, /ping_group_range/],
  ["cgroup-v1", "warning", { cgroups: { kind: "hybrid", own: "", controllers: [], writable: false } }, /unified_cgroup_hierarchy=1/],
  ["cgroup-not-delegated", "warning", { cgroups: { kind: "unified", own: cgroups.own, controllers: [], writable: false } }, /enable-linger/],
  ["cgroup-controllers-missing", "note", { delegated: ["memory", "pids"] }, /Delegate=cpu cpuset io memory pids/],
  ["linger-off", "note", { session: { ...session, lingers: false } }, /^loginctl enable-linger ann$/],
  ["runtime-dir-unset", "note", { session: { ...session, xdgRuntimeDir: undefined, runtimeDirUsable: false } }, /XDG_RUNTIME_DIR=/],
  ["runtime-dir-unusable", "warning", { session: { ...session, runtimeDirUsable: false } }, /XDG_RUNTIME_DIR=/],
  ["criu-missing", "note", { tools: [tool("carrier", "network"), { ...tool("criu", "other"), present: false }] }, /install -y criu/],
];

test("a host on which all is well has no findings", () => {
  assert.equal(examine(well, allChecks(well)).filter(({ level }) => level !== "ok"), []);
});

for (const [code, level, seed, fix] of cases) {
  test(`${code} is found, alone: ${JSON.stringify(seed).slice(0, 60)}`, () => {
    const facts = { ...well, ...seed };
    const found = examine(facts, allChecks(facts)).filter((finding) => finding.level !== "ok");
    assert.equal(found.map((finding) => [finding.code, finding.level]), [[code, level]]);
    assert.match(found[0]?.fix ?? "", new RegExp(fix.source, "s"));
  });
}

test("every check is seeded once here", () => {
  const seeded = new Set(cases.map(([code]) => code));
  assert.equal(allChecks({ tools: [] }).map(({ code }) => code).filter((code) => !seeded.has(code)), []);
});

test("codes are unique", () => {
  const codes = allChecks(well).map(({ code }) => code);
  assert.is(new Set(codes).size, codes.length);
});

test("errors come before warnings, and those before notes", () => {
  const facts = { ...well, openFiles: 10, seccomp: false, namespace: { works: false, words: "EPERM" } };
  assert.equal(examine(facts, allChecks(facts)).slice(0, 4).map(({ level }) => level), ["error", "warning", "note", "ok"]);
});

test.run();

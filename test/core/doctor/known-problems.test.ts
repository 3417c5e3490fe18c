/**
 * The host problems that users of rootless engines report most, each with the codes under which `doctor` finds it and where the problem is
 * brought about. Every code is judged by itself in checks.test.ts, with its level and its fix; many also on a host that really has the problem.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { allChecks } from "../../../core/doctor/checks/index.ts";
import { readText } from "../../rules/sources.ts";

/** On a host prepared with namespaces, in the virtual machine, or by facts alone: what no test can bring about without root or other hardware. */
type Place = "host" | "machine" | "facts";

const problems: readonly (readonly [problem: string, place: Place, ...codes: string[]])[] = [
  ["the home directory is of mode 0700", "host", "home-closed"],
  ["no subordinate ids", "host", "subordinate-ids-missing"],
  ["too few subordinate ids, the same ones for two users, or those of an account", "facts", "subordinate-ids-few", "subordinate-ids-overlap", "subordinate-ids-are-accounts"],
  ["newuidmap and newgidmap are not installed", "host", "newuidmap-missing", "newgidmap-missing"],
  ["newuidmap has lost its setuid bit, or lies on a nosuid mount", "host", "newuidmap-powerless", "mapper-nosuid"],
  ["the same for newgidmap", "facts", "newgidmap-powerless"],
  ["no new privileges in this session", "host", "no-new-privileges"],
  ["an account that no file knows", "facts", "account-missing"],
  ["the store lies on NFS, Lustre or another network file system", "facts", "data-on-network"],
  ["the store is mounted noexec", "host", "data-noexec"],
  ["the store cannot be written, or its disk is full or out of inodes", "facts", "data-unwritable", "inodes-few"],
  ["the disk is full", "host", "disk-full"],
  ["the store is of another version", "host", "store-unreadable"],
  ["overlay is refused, so that every container is a copy", "facts", "storage-driver-slow", "storage-driver-unusable"],
  ["FUSE is missing or closed", "host", "fuse-unusable"],
  ["/dev/net/tun is missing or closed", "host", "tun-unusable"],
  ["neither pasta nor slirp4netns", "host", "network-helper-missing"],
  ["no way out, no name server", "host", "route-missing", "resolver-missing"],
  ["ports below 1024", "host", "low-ports"],
  ["servers see one address for all clients", "facts", "client-addresses-lost"],
  ["ping from containers", "host", "ping-closed"],
  ["sessions of su, sudo and cron: no runtime directory, or somebody else's", "host", "runtime-dir-unset", "runtime-dir-unusable"],
  ["containers end at the logout", "host", "linger-off"],
  ["SELinux labels", "host", "selinux-enforcing"],
  ["AppArmor of Ubuntu keeps programs from user namespaces", "facts", "userns-apparmor"],
  ["user namespaces are switched off", "machine", "userns-limit", "userns-disabled"],
  ["a container, or a sandbox, refuses them", "host", "userns-refused"],
  ["parts of /proc are covered, as in most containers of other engines", "host", "proc-covered"],
  ["the other kinds of namespaces are switched off", "facts", "mountns-limit", "pidns-limit", "netns-limit", "ipcns-limit", "utsns-limit", "cgroupns-limit"],
  ["control groups of version 1, not delegated, or without controllers", "facts", "cgroup-v1", "cgroup-not-delegated", "cgroup-controllers-missing", "cgroup-memory-off"],
  ["few files may be open", "host", "open-files-few"],
  ["few inotify instances", "facts", "inotify-few"],
  ["no libseccomp, an old kernel, a wrong clock, tracing forbidden", "facts", "seccomp-missing", "kernel-old", "clock-wrong", "ptrace-forbidden"],
  ["a graphics card whose nodes are closed", "facts", "render-closed"],
];

/** How the tests of a place speak of a code. */
const texts: Readonly<Record<Place, string>> = {
  host: readText("test/e2e/doctor.test.ts"), machine: readText("test/vm/walls.sh") + readText("test/vm/walls.test.ts"), facts: readText("test/core/doctor/checks.test.ts"),
};
/** The machine's test names the setting, not the code. */
const settings: Readonly<Record<string, string>> = { "userns-limit": "user.max_user_namespaces", "userns-disabled": "kernel.unprivileged_userns_clone" };

for (const [problem, place, ...codes] of problems) {
  test(`${problem}: ${codes.join(", ")}`, () => {
    const known = new Set(allChecks({ tools: [] }).map(({ code }) => code));
    for (const code of codes) {
      assert.ok(known.has(code), `there is no check "${code}"`);
      assert.ok(texts[place].includes(place === "machine" ? settings[code] ?? code : code), `"${code}" is not brought about by the tests of the place "${place}"`);
    }
  });
}

test("no check is left out of the table", () => {
  const listed = new Set(problems.flatMap(([, , ...codes]) => codes));
  assert.equal(allChecks({ tools: [] }).map(({ code }) => code).filter((code) => !listed.has(code)), []);
});

test.run();

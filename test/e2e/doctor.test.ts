import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hide, onHost } from "./harness/bad-host.ts";
import { run } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "doctor");
const program = join(cala.root, "bin/cala");

/** Codes of the problems that doctor finds on a prepared host, and its exit code. */
async function codesOn(prepare: string, root: string, more: NodeJS.ProcessEnv = {}): Promise<{ readonly codes: readonly string[]; readonly code: string; readonly text: string }> {
  const env = { ...cala.env, CALA_ROOT: join(cala.root, root), ...more };
  mkdirSync(join(cala.root, root), { recursive: true });
  const done = await onHost(prepare, `${program} doctor -q; echo "exit $?"`, { env, cwd: cala.home });
  const lines = done.stdout.trim().split("\n");
  return { codes: lines.slice(0, -1), code: lines.at(-1) ?? "", text: done.stdout + done.stderr };
}

test("this host, on which the tests run, has no error", async () => {
  const done = await cala.run(["doctor"]);
  assert.is(done.code, 0, done.stdout);
  assert.match(done.stdout, /^\d+ checks: 0 errors, /m);
});

test("each finding is a code, a sentence and a fix; --format gives the fields", async () => {
  const lines = (await cala.ok(["doctor", "--all", "--format", "{{.Level}}|{{.Code}}|{{.Message}}|{{.Fix}}"])).split("\n");
  assert.ok(lines.length > 30);
  for (const line of lines) assert.match(line, /^(error|warning|note)\|[a-z0-9-]+\|.+\|.+$|^ok\|[a-z0-9-]+\|.+\|$/);
  const documents = JSON.parse(await cala.ok(["doctor", "--all", "--format", "json"])) as { Code: string }[];
  assert.is(documents.length, lines.length);
});

test("--check looks at single checks; an unknown one is refused", async () => {
  assert.match(await cala.ok(["doctor", "--all", "--check", "data-noexec,kernel-old"]), /^2 checks: 0 errors, 0 warnings, 0 notes$/m);
  const refused = await cala.fails(["doctor", "--check", "no-such-check"]);
  assert.is(refused.code, 125);
  assert.match(refused.stderr, /there is no check "no-such-check"[\s\S]*cala doctor --all/);
});

test("helpers that are not there are named", async () => {
  const { codes, code } = await codesOn(hide("newuidmap", "newgidmap", "pasta", "slirp4netns", "fuse-overlayfs"), "no-helpers");
  for (const wanted of ["newuidmap-missing", "newgidmap-missing", "pasta-missing", "slirp4netns-missing", "fuse-overlayfs-missing", "network-helper-missing"]) assert.ok(codes.includes(wanted), `${wanted} in ${codes.join(" ")}`);
  assert.is(code, "exit 0");
});

test("a data directory that is mounted noexec is an error", async () => {
  const { codes, code, text } = await codesOn(`mount -t tmpfs -o noexec,mode=777 none ${join(cala.root, "noexec")}`, "noexec");
  assert.ok(codes.includes("data-noexec"), text);
  assert.is(code, "exit 1");
});

test("a full disk is told", async () => {
  const { codes, text } = await codesOn(`mount -t tmpfs -o size=2m,mode=777 none ${join(cala.root, "small")}`, "small");
  assert.ok(codes.includes("disk-full"), text);
});

test("a device node that is not there, and one that is closed", async () => {
  const { codes, text } = await codesOn("mount -t tmpfs none /dev/net; touch /tmp/cala-none.$$; chmod 0 /tmp/cala-none.$$; mount --bind /tmp/cala-none.$$ /dev/fuse; rm /tmp/cala-none.$$", "devices");
  for (const wanted of ["tun-unusable", "fuse-unusable"]) assert.ok(codes.includes(wanted), text);
});

test("no subordinate ids, and no name server", async () => {
  const { codes, text } = await codesOn("mount --bind /dev/null /etc/subuid; mount --bind /dev/null /etc/subgid; mount --bind /dev/null /etc/resolv.conf", "no-ids");
  for (const wanted of ["subordinate-ids-missing", "resolver-missing"]) assert.ok(codes.includes(wanted), text);
});

test("a host that allows no user namespaces is an error with the setting that does it", async () => {
  const { codes, code, text } = await codesOn("echo 1 > /proc/sys/user/max_user_namespaces", "no-namespaces");
  assert.ok(codes.includes("userns-refused") || codes.includes("userns-limit"), text);
  assert.is(code, "exit 1", text);
});

test("newuidmap without its setuid bit, and on a file system that is mounted nosuid", async () => {
  const plain = await codesOn("cp /usr/bin/newuidmap /tmp/cala-plain.$$; chmod 755 /tmp/cala-plain.$$; mount --bind /tmp/cala-plain.$$ /usr/bin/newuidmap; rm /tmp/cala-plain.$$", "powerless");
  assert.ok(plain.codes.includes("newuidmap-powerless"), plain.text);
  const nosuid = await codesOn("mount -t tmpfs -o nosuid none /mnt; cp /usr/bin/newuidmap /mnt; touch /mnt/newuidmap; mount --bind /mnt/newuidmap /usr/bin/newuidmap", "nosuid");
  assert.ok(nosuid.codes.includes("mapper-nosuid"), nosuid.text);
});

test("a session that forbids new privileges, and one that may open few files where parts of /proc are covered", async () => {
  const { codes, text } = await codesOn("ulimit -n 256; mount --bind /proc/sys /proc/sys", "session");
  for (const wanted of ["open-files-few", "proc-covered"]) assert.ok(codes.includes(wanted), text);
  const forbidden = await run("setpriv", ["--no-new-privs", program, "doctor", "-q"], { env: cala.env, cwd: cala.home });
  assert.match(forbidden.stdout, /^no-new-privileges$/m);
});

test("a home of mode 0700 is told, one that others can pass is not", async () => {
  const home = join(cala.root, "homes");
  mkdirSync(home, { mode: 0o700 });
  assert.match((await cala.run(["doctor", "-q"], { env: { HOME: home } })).stdout, /^home-closed$/m);
  chmodSync(home, 0o711);
  assert.not.match((await cala.run(["doctor", "-q"], { env: { HOME: home } })).stdout, /^home-closed$/m);
});

test("no way out, no ping, no low ports; and where the settings allow them, nothing of it", async () => {
  const inNetwork = async (settings: string): Promise<string> => (await run("unshare", ["--user", "--map-root-user", "--net", "sh", "-e", "-c", `${settings}; exec unshare --user --map-user=${process.getuid?.()} --map-group=${process.getgid?.()} "$0" doctor -q`, program], { env: cala.env, cwd: cala.home })).stdout;
  const closed = await inNetwork("echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start");
  for (const code of ["route-missing", "low-ports", "ping-closed"]) assert.match(closed, new RegExp(`^${code}$`, "m"));
  const open = await inNetwork("echo 80 >/proc/sys/net/ipv4/ip_unprivileged_port_start; echo 0 0 >/proc/sys/net/ipv4/ping_group_range; ip link set lo up; ip route add default dev lo");
  for (const code of ["route-missing", "low-ports"]) assert.not.match(open, new RegExp(`^${code}$`, "m"));
});

test("a login that does not linger, and SELinux that enforces", async () => {
  const { codes, text } = await codesOn("mount -t tmpfs none /run; mkdir -p /run/systemd/system; mount -t tmpfs none /sys/fs; mkdir /sys/fs/selinux; echo 1 >/sys/fs/selinux/enforce", "selinux");
  for (const wanted of ["linger-off", "selinux-enforcing"]) assert.ok(codes.includes(wanted), text);
});

test("XDG_RUNTIME_DIR unset, and one that is another user's", async () => {
  const found = async (value: string | undefined): Promise<string> => (await cala.run(["doctor", "-q"], { env: { XDG_RUNTIME_DIR: value } })).stdout;
  assert.match(await found(undefined), /^runtime-dir-unset$/m);
  assert.match(await found("/"), /^runtime-dir-unusable$/m);
});

test("a store of a newer cala is an error", async () => {
  const root = join(cala.root, "newer");
  await cala.ok(["run", "--rm", "--network", "none", "localhost/cala-hello"], { env: { CALA_ROOT: root } });
  const { writeFileSync } = await import("node:fs");
  writeFileSync(join(root, "data", "format"), "99.0.0\n");
  const done = await cala.run(["doctor", "-q"], { env: { CALA_ROOT: root } });
  assert.match(done.stdout, /^store-unreadable$/m);
  assert.is(done.code, 1);
});

test.run();

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hide, onHost } from "./harness/bad-host.ts";
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

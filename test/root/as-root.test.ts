import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { busyboxLayer } from "../e2e/harness/busybox.ts";
import { calaIsBuilt } from "../e2e/harness/cala.ts";
import { entriesOf, processLeaks } from "../e2e/harness/leaks.ts";
import { distDir } from "../e2e/harness/places.ts";
import { run, type Finished, type SpawnOptions } from "../e2e/harness/spawn.ts";
import { waitFor } from "../e2e/harness/wait-for.ts";

needs("a build of cala (npm run build)", calaIsBuilt());
needs("root", process.getuid?.() === 0);
const account = /^cala:[^:]*:(\d+):(\d+):[^:]*:([^:]*)/m.exec(readFileSync("/etc/passwd", "utf8"));
needs("the account cala (install.sh makes it when root runs it)", account !== null);
const [uid, gid, home] = [Number(account?.[1]), Number(account?.[2]), account?.[3] ?? ""];

const root = mkdtempSync(join(home, "as-root-"));
chownSync(root, uid, gid);
const ours = mkdtempSync("/root/as-root-");
mkdirSync(join(ours, "bin"));
symlinkSync(join(distDir, "cala-native"), join(ours, "bin/cala"));
const none = ["run", "--rm", "--network", "none"] as const;

async function cala(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  return await run(join(ours, "bin/cala"), args, { ...options, env: { PATH: process.env["PATH"], HOME: "/root", CALA_ROOT: root } });
}

test.before(async () => {
  const imported = await cala(["import", "--change", "CMD sh", "-", "localhost/box"], { input: await busyboxLayer() });
  if (imported.code !== 0) throw new Error(imported.stderr);
  // Who writes the import to disk in the background is no container's process.
  await waitFor("the disk to have everything", () => entriesOf(join(root, "data/unsynced")).length === 0 && processLeaks(root, new Set()).length === 0, 120_000);
});

test.after(() => {
  rmSync(root, { recursive: true, force: true });
  rmSync(ours, { recursive: true, force: true });
});

const owner = (pid: number): number => Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

test("root's containers, and what keeps them, belong to the account cala in a user namespace of its own", async () => {
  const started = await cala(["run", "-d", "--name", "held", "--network", "none", "localhost/box", "sleep", "100"]);
  assert.is(started.code, 0, started.stderr);
  const pids = processLeaks(root, new Set()).map((leak) => Number(/^process (\d+)/.exec(leak)?.[1]));
  const pid = Number((await cala(["inspect", "--format", "{{.State.Pid}}", "held"])).stdout);
  assert.ok(pids.includes(pid) && pids.length >= 2, pids.join(" "));
  for (const one of pids) {
    assert.is(owner(one), uid);
    assert.is.not(readlinkSync(`/proc/${one}/ns/user`), readlinkSync("/proc/self/ns/user"));
  }
  assert.is((await cala(["exec", "held", "id", "-u"])).stdout, "0\n");
  assert.is((await cala(["rm", "-f", "-t", "0", "held"])).code, 0);
  await waitFor("an end of all processes", () => processLeaks(root, new Set()).length === 0);
});

test("of root's capabilities the front end keeps the one to read files, and those that CRIU needs for `container checkpoint` alone", async () => {
  const dir = mkdtempSync("/var/tmp/as-root-");
  chmodSync(dir, 0o755);
  writeFileSync(join(dir, "node"), "#!/bin/sh\nexec sed -n 's/^CapAmb:\\s*//p' /proc/self/status\n", { mode: 0o755 });
  const kept = async (...words: readonly string[]): Promise<bigint> => {
    const end = await run(join(ours, "bin/cala"), words, { env: { PATH: process.env["PATH"], CALA_ROOT: root, CALA_NODE: join(dir, "node") } });
    assert.match(end.stdout, /^[0-9a-f]{16}\n$/, end.stderr);
    return BigInt(`0x${end.stdout.trim()}`);
  };
  const own = BigInt(`0x${/^CapPrm:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`);
  const reading = own & 1n << 2n;
  const saving = own & (1n << 2n | 1n << 6n | 1n << 18n | 1n << 21n);
  assert.is(await kept("container", "checkpoint", "x"), saving);
  assert.is(await kept("--log-level", "debug", "container", "checkpoint", "x"), saving);
  for (const words of [["container", "restore", "x"], ["info"], ["run", "x", "container", "checkpoint"], ["exec", "-i", "x", "container", "checkpoint"]]) assert.is(await kept(...words), reading, words.join(" "));
  rmSync(dir, { recursive: true, force: true });
});

test("--group-add keep-groups: a file of one of the caller's own groups can be read, by an exec, too; without it it cannot", async () => {
  const dir = mkdtempSync("/var/tmp/as-root-");
  chmodSync(dir, 0o755);
  writeFileSync(join(dir, "file"), "of the group\n");
  chownSync(join(dir, "file"), 0, 44);
  chmodSync(join(dir, "file"), 0o640);
  symlinkSync(join(distDir, "cala-native"), join(dir, "cala"));
  const env = { PATH: process.env["PATH"], HOME: home, CALA_ROOT: root, CALA_NO_SHORTCUT: "" };
  const member = async (...args: readonly string[]): Promise<Finished> => await run("setpriv", ["--reuid", String(uid), "--regid", String(gid), "--groups", `${gid},44`, join(dir, "cala"), ...args], { env });
  const options = ["--network", "none", "-v", `${dir}:/g`] as const;
  for (const more of [[], ["--user", "5"], ["--userns", "keep-id"]]) {
    assert.is((await member("run", "--rm", ...options, "--group-add", "keep-groups", ...more, "localhost/box", "cat", "/g/file")).stdout, "of the group\n", more.join(" "));
  }
  assert.is((await member("run", "--rm", ...options, "localhost/box", "cat", "/g/file")).code, 1);
  assert.is((await member("run", "-d", "--name", "member", ...options, "--group-add", "keep-groups", "localhost/box", "sleep", "100")).code, 0);
  assert.is((await member("exec", "member", "cat", "/g/file")).stdout, "of the group\n");
  assert.is((await member("rm", "-f", "-t", "0", "member")).code, 0);
  rmSync(dir, { recursive: true });
});

test("a container reads nothing that only root may read, and writes nothing that is root's", async () => {
  const [secret, shared] = [join(ours, "secret"), mkdtempSync("/var/tmp/as-root-")];
  writeFileSync(secret, "secret\n", { mode: 0o600 });
  const seen = await cala([...none, "-v", "/root:/r", "localhost/box", "cat", secret.replace("/root", "/r")]);
  assert.is(seen.code, 1);
  assert.match(seen.stderr, /Permission denied/);
  const refused = await cala([...none, "-v", `${ours}:/r`, "localhost/box", "true"]);
  assert.is(refused.code, 125);
  assert.match(refused.stderr, /permission denied\nHint: namei -l .*"cala"/);
  assert.is((await cala([...none, "-v", `${shared}:/s`, "localhost/box", "touch", "/s/file"])).code, 1);
  rmSync(shared, { recursive: true });
});

test("cala itself reads root's files: archives, environment files; what it writes, the shell opens", async () => {
  const file = join(ours, "environment");
  writeFileSync(file, "FROM_ROOT=yes\n", { mode: 0o600 });
  assert.match((await cala([...none, "--env-file", file, "localhost/box", "env"])).stdout, /^FROM_ROOT=yes$/m);
  const archive = join(ours, "box.tar");
  const refused = await cala(["save", "-o", archive, "localhost/box"]);
  assert.is(refused.code, 125);
  assert.match(refused.stderr, /permission denied\nHint: .*cala save IMAGE > /);
  assert.is((await run("sh", ["-c", `CALA_ROOT=${root} ${ours}/bin/cala save localhost/box > ${archive}`])).code, 0);
  const loaded = await cala(["load", "-i", archive]);
  assert.match(loaded.stdout, /Loaded image: localhost\/box/, loaded.stderr);
});

test.run();

import { spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { busyboxLayer } from "../e2e/harness/busybox.ts";
import { calaIsBuilt } from "../e2e/harness/cala.ts";
import { processLeaks } from "../e2e/harness/leaks.ts";
import { distDir } from "../e2e/harness/places.ts";
import { run, type Finished } from "../e2e/harness/spawn.ts";
import { tarBytes } from "../e2e/harness/tar.ts";
import { waitFor } from "../e2e/harness/wait-for.ts";
import { isRecent } from "../../core/container/criu.ts";

needs("a build of cala (npm run build)", calaIsBuilt());
needs("root", process.getuid?.() === 0);
const account = /^cala:[^:]*:(\d+):(\d+):[^:]*:([^:]*)/m.exec(readFileSync("/etc/passwd", "utf8"));
needs("the account cala (install.sh makes it when root runs it)", account !== null);
const criu = process.env["CALA_TEST_CRIU"] ?? "criu";
const said = spawnSync(criu, ["--version"], { encoding: "utf8" });
needs("criu 3.19 or newer (CALA_TEST_CRIU names another one)", said.error === undefined && isRecent(/Version:\s*(\S+)/.exec(said.stdout)?.[1] ?? ""));
needs("a kernel that criu works with, and root's capabilities", spawnSync(criu, ["check"]).status === 0);

const root = mkdtempSync(join(account?.[3] ?? "", "checkpoint-"));
chownSync(root, Number(account?.[1]), Number(account?.[2]));
const ours = mkdtempSync("/root/checkpoint-");
mkdirSync(join(ours, "bin"));
symlinkSync(join(distDir, "cala-native"), join(ours, "bin/cala"));

async function cala(...args: readonly string[]): Promise<Finished> {
  const path = [...(criu.includes("/") ? [dirname(criu)] : []), process.env["PATH"] ?? ""].join(":");
  return await run(join(ours, "bin/cala"), args, { env: { PATH: path, HOME: "/root", CALA_ROOT: root } });
}

async function ok(...args: readonly string[]): Promise<string> {
  const end = await cala(...args);
  assert.is(end.code, 0, `${args.join(" ")}: ${end.stderr}`);
  return end.stdout.trim();
}

const counting = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.2; done';
const none = ["run", "-d", "--network", "none"] as const;
const state = async (name: string, field: string): Promise<string> => await ok("inspect", "--format", `{{.State.${field}}}`, name);
const lines = async (name: string): Promise<number[]> => (await ok("logs", name)).split("\n").filter((line) => line !== "").map(Number);

/** Waits until it has counted further; it must have left out nothing and begun anew never. */
async function countsOn(name: string, from: number): Promise<void> {
  await waitFor(`${name} to count beyond ${from}`, async () => (await lines(name)).length > from);
  const counted = await lines(name);
  assert.equal(counted, counted.map((_, index) => index + 1));
}

test.before(async () => {
  const imported = await run(join(ours, "bin/cala"), ["import", "--change", "CMD sh", "-", "localhost/box"], { input: await busyboxLayer(), env: { PATH: process.env["PATH"], HOME: "/root", CALA_ROOT: root } });
  if (imported.code !== 0) throw new Error(imported.stderr);
});

test.after(async () => {
  await cala("rm", "-f", "-a", "-t", "0");
  await waitFor("an end of all processes", () => processLeaks(root, new Set()).length === 0);
  rmSync(root, { recursive: true, force: true });
  rmSync(ours, { recursive: true, force: true });
});

test("a container that was saved goes on where it was, behind the same walls", async () => {
  await ok(...none, "--name", "walls", "--user", "1000:1000", "-v", "shared:/a:ro", "-v", "shared:/b:ro", "-v", "shared:/c", "--sysctl", "net.core.somaxconn=99", "localhost/box", "sh", "-c", counting);
  await waitFor("it to count", async () => (await lines("walls")).length > 2);
  const look = ["exec", "walls", "sh", "-c", "cut -d' ' -f5,6 /proc/self/mountinfo | sort; grep -E '^(Cap|Seccomp|NoNewPrivs|Uid|Gid|Groups)' /proc/1/status; cat /proc/1/oom_score_adj /proc/sys/net/core/somaxconn; hostname; id"] as const;
  const before = await ok(...look);
  await ok("container", "checkpoint", "walls");
  assert.is(await state("walls", "Status"), "exited");
  assert.is(await state("walls", "Checkpointed"), "true");
  const counted = (await lines("walls")).length;
  await ok("container", "restore", "walls");
  assert.is(await state("walls", "Restored"), "true");
  await countsOn("walls", counted);
  assert.is(await ok(...look), before);
  assert.is((await cala("exec", "walls", "sh", "-c", "echo x >/b/file")).code, 1);
  const events = await ok("events", "--stream=false", "--filter", "container=walls", "--format", "{{.Status}}");
  assert.match(events, /checkpoint\n.*died\n.*restore/s);
  assert.match((await cala("container", "restore", "walls")).stderr, /it is running/);
  await ok("stop", "-t", "0", "walls");
  assert.match((await cala("container", "restore", "walls")).stderr, /it has no checkpoint/);
});

test("the restart policy starts a restored container's program, not what was saved", async () => {
  await ok(...none, "--name", "again", "--restart", "on-failure:1", "localhost/box", "sh", "-c", "echo begin; while [ ! -e /tmp/end ]; do sleep 0.1; done; rm /tmp/end; exit 3");
  await waitFor("its first word", async () => (await ok("logs", "again")) === "begin");
  await ok("container", "checkpoint", "again");
  await ok("container", "restore", "--keep", "again");
  await ok("exec", "again", "touch", "/tmp/end");
  await waitFor("the second run", async () => (await ok("logs", "again")) === "begin\nbegin");
  await ok("rm", "-f", "-t", "0", "again");
});

test("what CRIU cannot save is told in its words, and runs on; the option that lets it be saved does", async () => {
  const talking = "sleep 1000 | nc -l -p 5000 >/tmp/got & until netstat -ltn | grep -q :5000; do sleep 0.1; done; (while :; do echo x; sleep 0.2; done) | nc 127.0.0.1 5000";
  await ok(...none, "--name", "talks", "localhost/box", "sh", "-c", talking);
  const got = async (): Promise<number> => Number((await ok("exec", "talks", "sh", "-c", "wc -l </tmp/got")).trim());
  await waitFor("it to talk", async () => await got() > 1);
  const refused = await cala("container", "checkpoint", "talks");
  assert.is(refused.code, 125);
  assert.match(refused.stderr, /cannot checkpoint the container "talks", which runs on: CRIU [\d.]+: .*--tcp-established/);
  assert.is(await state("talks", "Status"), "running");
  const before = await got();
  await waitFor("it to talk on", async () => await got() > before);
  const stats = JSON.parse(await ok("container", "checkpoint", "--tcp-established", "--print-stats", "talks")) as { readonly container_statistics: readonly { readonly criu_statistics: { readonly pages_written: number } }[] };
  assert.ok((stats.container_statistics[0]?.criu_statistics.pages_written ?? 0) > 0);
  await ok("container", "restore", "--all");
  const restored = await got();
  await waitFor("it to talk on by the same connection", async () => await got() > restored);
  await ok("rm", "-f", "-t", "0", "talks");
});

test("a container with a terminal is refused and runs on", async () => {
  await ok(...none, "-t", "--name", "terminal", "localhost/box", "sleep", "1000");
  assert.match((await cala("container", "checkpoint", "terminal")).stderr, /it has a terminal.*\nHint: run it without -t/);
  assert.is(await state("terminal", "Status"), "running");
  await ok("rm", "-f", "-t", "0", "terminal");
});

test("an archive has files and volumes, and becomes a container of another name, while the saved one runs on", async () => {
  const archive = join(root, "moved.tar.gz");
  await ok(...none, "--name", "moved", "-v", "kept:/data", "localhost/box", "sh", "-c", `rm /etc/group; echo new >/file; echo volume >/data/file; ${counting}`);
  await waitFor("it to count", async () => (await lines("moved")).length > 1);
  await ok("container", "checkpoint", "--leave-running", "--compress", "gzip", "--export", archive, "moved");
  await countsOn("moved", (await lines("moved")).length);
  assert.is(statSync(archive).mode & 0o777, 0o600);
  assert.match((await cala("container", "restore", "--import", archive, "--name", "other")).stderr, /has the volume "kept", and there is one here already/);
  await ok("rm", "-f", "-t", "0", "moved");
  await ok("volume", "rm", "kept");
  await ok("container", "restore", "--import", archive, "--name", "other");
  await waitFor("the other to count", async () => (await lines("other")).length > 1);
  const counted = await lines("other");
  assert.equal(counted, counted.map((_, index) => (counted[0] ?? 0) + index));
  assert.ok((counted[0] ?? 0) > 1, "it began anew");
  assert.is(await ok("exec", "other", "sh", "-c", "cat /file /data/file; test -e /etc/group || echo gone"), "new\nvolume\ngone");
  await ok("rm", "-f", "-t", "0", "other");
  assert.match((await cala("container", "restore", "--import", join(ours, "bin/cala"))).stderr, /^Error: /);
  const garbled = join(root, "garbled.tar");
  writeFileSync(garbled, tarBytes([{ name: "cala.json", content: "{" }]));
  assert.match((await cala("container", "restore", "--import", garbled)).stderr, /garbled\.tar" is no checkpoint of cala's\nHint: cala container checkpoint --export/);
  assert.is(await ok("ps", "-a", "--filter", "name=other", "-q"), "");
});

test.run();

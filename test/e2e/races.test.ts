/** Several commands at one container at the same moment, and what is left when one of the processes is killed. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connectionsOf, monitorOf } from "./harness/monitor.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "races");

const none = ["--network", "none"] as const;
const containers = (): string[] => readdirSync(join(cala.root, "data/containers"));
const names = (): string[] => readdirSync(join(cala.root, "data/names"));
const field = async (name: string, template: string): Promise<string> => await cala.ok(["inspect", "--format", template, name]);
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));

test("thirty runs with --rm at once each give their own output and status, and leave nothing", async () => {
  await cala.ok(["run", "--rm", ...none, "busybox", "true"]);
  const runs = await Promise.all(Array.from({ length: 30 }, async (_, index) => await cala.run(["run", "--rm", ...none, "busybox", "sh", "-c", `echo ${index}; exit ${index}`])));
  assert.equal(runs.map((run) => [run.code, run.stdout, run.stderr]), runs.map((_, index) => [index, `${index}\n`, ""]));
  assert.equal([containers(), names()], [[], []]);
});

test("of several runs with one name, one gets it", async () => {
  const runs = await Promise.all(Array.from({ length: 5 }, async () => await cala.run(["run", "-d", "--name", "wanted", ...none, "busybox", "sleep", "100"])));
  assert.equal(runs.map((run) => run.code).sort(), [0, 125, 125, 125, 125]);
  for (const run of runs) if (run.code !== 0) assert.match(run.stderr, /"wanted" is already in use/);
  assert.is(containers().length, 1);
  await cala.ok(["rm", "-f", "-t", "0", "wanted"]);
});

test("starts and stops of one container at once all succeed, and the last word counts", async () => {
  await cala.ok(["create", "--name", "torn", "--stop-signal", "KILL", ...none, "busybox", "sleep", "100"]);
  for (let round = 0; round < 3; round += 1) {
    const done = await Promise.all(["start", "stop", "start", "stop", "restart", "start"].map(async (verb) => await cala.run([verb, "torn"])));
    assert.equal(done.map((run) => [run.code, run.stderr]), done.map(() => [0, ""]));
  }
  await cala.ok(["stop", "torn"]);
  assert.is(await field("torn", "{{.State.Status}}"), "exited");
  await cala.ok(["start", "torn"]);
  assert.is(await field("torn", "{{.State.Status}}"), "running");
  await cala.ok(["rm", "-f", "torn"]);
});

test("rm -f beside starts leaves neither container nor process", async () => {
  for (let round = 0; round < 3; round += 1) {
    await cala.ok(["create", "--name", "doomed", ...none, "busybox", "sleep", "100"]);
    const runs = await Promise.all([["start", "doomed"], ["rm", "-f", "-t", "0", "doomed"], ["start", "-a", "doomed"], ["rm", "-f", "-t", "0", "doomed"]].map(async (words) => await cala.run(words)));
    // Whoever came too late says so; a start whose container was taken away has 137.
    // The attach client of a start whose container ended just now says that it is not running. The other start finds what the first one started ended already.
    for (const run of runs) if (run.code !== 0 && run.code !== 137) assert.match(run.stderr, /no such container|this container is not running|container state improper/, run.stderr);
    await waitFor("an end of the container", () => containers().length === 0 && names().length === 0);
  }
});

test("eight waiters for a --rm container all hear its status", async () => {
  await cala.ok(["run", "-d", "--rm", "--name", "awaited", ...none, "busybox", "sh", "-c", "until [ -e /go ]; do sleep 0.05; done; exit 7"]);
  const state = await monitorOf(cala, "awaited");
  const waiters = Array.from({ length: 8 }, () => cala.start(["wait", "awaited"]));
  const heard = waiters.map(async (child) => {
    let said = "";
    child.stdout?.on("data", (text: Buffer) => { said += text.toString(); });
    return await new Promise<string>((resolve) => child.on("close", (code) => resolve(`${code}: ${said}`)));
  });
  await waitFor("eight connections", () => connectionsOf(state) === 8);
  await cala.ok(["exec", "awaited", "touch", "/go"]);
  assert.equal(await Promise.all(heard), heard.map(() => "0: 7\n"));
  await waitFor("its removal", () => containers().length === 0);
});

test("a --rm container that was renamed takes its new name along, and leaves the old one to its next owner", async () => {
  await cala.ok(["run", "-d", "--rm", "--name", "before", ...none, "busybox", "sleep", "100"]);
  await cala.ok(["rename", "before", "after"]);
  const other = await cala.ok(["create", "--name", "before", ...none, "busybox", "true"]);
  await cala.ok(["stop", "-t", "0", "after"]);
  assert.equal(names(), ["before"]);
  assert.is(readlinkSync(join(cala.root, "data/names/before")), other);
  await cala.ok(["rm", "before"]);
});

test("restart keeps a --rm container, its next end removes it", async () => {
  await cala.ok(["run", "-d", "--rm", "--name", "again", ...none, "busybox", "sh", "-c", "echo x >> /count; sleep 100"]);
  const isCounted = async (runs: string): Promise<boolean> => (await cala.run(["exec", "again", "cat", "/count"])).stdout === runs;
  await waitFor("its first run", async () => await isCounted("x\n"));
  await cala.ok(["restart", "-t", "0", "again"]);
  await waitFor("its second run", async () => await isCounted("x\nx\n"));
  await cala.ok(["stop", "-t", "0", "again"]);
  assert.equal([containers(), names()], [[], []]);
});

test("a container dies with its monitor: ps says so, and start works again", async () => {
  await cala.ok(["run", "-d", "--name", "bereft", ...none, "busybox", "sleep", "100"]);
  const state = await monitorOf(cala, "bereft");
  const attached = cala.run(["attach", "--no-stdin", "bereft"]);
  const waiting = cala.run(["wait", "bereft"]);
  await waitFor("both clients", () => connectionsOf(state) === 3);
  process.kill(state.monitorPid, "SIGKILL");
  await waitFor("an end of the container", () => !isAlive(state.pid));
  assert.is(await field("bereft", "{{.State.Status}} {{.State.ExitCode}}"), "exited 255");
  assert.is((await waiting).stdout, "255\n");
  assert.is((await attached).code, 125);
  await cala.ok(["start", "bereft"]);
  assert.is(await field("bereft", "{{.State.Status}}"), "running");
  await cala.ok(["rm", "-f", "-t", "0", "bereft"]);
});

test("a --rm container whose monitor was killed can be removed, and its name taken", async () => {
  await cala.ok(["run", "-d", "--rm", "--name", "lost", "-u", "1000", ...none, "busybox", "sleep", "100"]);
  const state = await monitorOf(cala, "lost");
  process.kill(state.monitorPid, "SIGKILL");
  await waitFor("an end of the container", () => !isAlive(state.pid));
  await cala.ok(["rm", "lost"]);
  assert.equal([containers(), names()], [[], []]);
});

test("a relative CALA_ROOT means the same from the first command to the monitor", async () => {
  const env = { CALA_ROOT: relative(cala.home, cala.root) };
  await cala.ok(["run", "-d", "--name", "near", ...none, "busybox", "sleep", "100"], { env });
  assert.is(await cala.ok(["exec", "near", "echo", "here"], { env }), "here");
  assert.is(await field("near", "{{.State.Status}}"), "running");
  await cala.ok(["rm", "-f", "-t", "0", "near"]);
});

/** Commands that take away or bring what a commit stands on, at the same moment. */
const beside = [["rmi", "busybox"], ["image", "prune", "-f"], ["pull", "-q", "busybox"], ["rmi", "earlier"], ["container", "prune", "-f"], ["system", "prune", "-f"]] as const;

test("a commit beside pulls, prunes and removals of its image loses nothing", async () => {
  await cala.ok(["run", "-d", "--name", "source", ...none, "busybox", "sh", "-c", "echo kept > /kept; exec sleep 1000"]);
  await waitFor("its file", async () => (await cala.run(["exec", "source", "cat", "/kept"])).code === 0, 60_000);
  for (let round = 0; round < 3; round += 1) {
    await cala.ok(["commit", "-q", "source", "earlier"]);
    const [committed] = await Promise.all([cala.run(["commit", "-q", "source", `taken-${round}`], { timeoutMs: 120_000 }), ...beside.map(async (words) => await cala.run(words, { timeoutMs: 120_000 }))]);
    assert.is(committed.code, 0, committed.stderr);
    assert.is(await cala.ok(["run", "--rm", ...none, `taken-${round}`, "sh", "-c", "cat /kept; id -u"], { timeoutMs: 120_000 }), "kept\n0", `round ${round}`);
  }
  await cala.ok(["system", "check"], { timeoutMs: 120_000 });
  await cala.ok(["rm", "-f", "-t", "0", "source"]);
});

test("a commit of a container that is being removed makes a whole image or none", async () => {
  for (let round = 0; round < 4; round += 1) {
    await cala.ok(["pull", "-q", "busybox"]);
    await cala.ok(["create", "--name", "leaving", ...none, "busybox", "sh", "-c", "echo kept > /kept"]);
    await cala.ok(["start", "-a", "leaving"]);
    const removed = async (): Promise<unknown> => {
      await new Promise((resolve) => { setTimeout(resolve, round * 30); });
      return await cala.run(["rm", "-f", "leaving"]).then(async () => await cala.run(["rmi", "-f", "busybox"]));
    };
    const [committed] = await Promise.all([cala.run(["commit", "-q", "leaving", `left-${round}`], { timeoutMs: 120_000 }), removed()]);
    if (committed.code === 0) assert.is(await cala.ok(["run", "--rm", ...none, `left-${round}`, "cat", "/kept"], { timeoutMs: 120_000 }), "kept");
    else assert.match(committed.stderr, /^Error: /m);
    assert.is((await cala.run(["image", "exists", `left-${round}`])).code, committed.code === 0 ? 0 : 1);
  }
  await cala.ok(["system", "check"], { timeoutMs: 120_000 });
});

test.run();

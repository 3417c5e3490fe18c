import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "life");

const status = async (name: string): Promise<string> => await cala.ok(["inspect", "--format", "{{.State.Status}}", name]);

test("create, start, stop, start, kill, rm: a container goes through its states", async () => {
  const id = await cala.ok(["create", "--name", "one", "--network", "none", "busybox", "sleep", "1000"]);
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.is(await status("one"), "created");
  assert.is(await cala.ok(["start", "one"]), "one");
  assert.is(await status("one"), "running");
  assert.is(await cala.ok(["stop", "--time", "1", "one"]), "one");
  assert.is(await status("one"), "exited");
  assert.is(await cala.ok(["inspect", "--format", "{{.State.ExitCode}}", "one"]), "137");
  await cala.ok(["start", id.slice(0, 12)]);
  assert.is(await status("one"), "running");
  assert.is(await cala.ok(["kill", "one"]), "one");
  assert.is(await cala.ok(["wait", "one"]), "137");
  assert.is(await cala.ok(["rm", "one"]), "one");
  assert.is((await cala.run(["inspect", "one"])).code, 125);
});

test("run -d prints the id at once and the container goes on", async () => {
  const id = await cala.ok(["run", "-d", "--name", "two", "--network", "none", "busybox", "sh", "-c", "while sleep 0.05; do echo tick; done"]);
  assert.match(id, /^[0-9a-f]{64}$/);
  await waitFor("three ticks", async () => (await cala.ok(["logs", "two"])).split("\n").length >= 3);
  await cala.ok(["rm", "-f", "-t", "0", "two"]);
});

test("a restart is another process of the same container", async () => {
  await cala.ok(["run", "-d", "--name", "three", "--network", "none", "busybox", "sh", "-c", "echo start >> /count; exec sleep 100"]);
  const counted = async (lines: string): Promise<unknown> => await waitFor(`"${lines}"`, async () => (await cala.run(["exec", "three", "cat", "/count"])).stdout === lines);
  await counted("start\n");
  const pid = await cala.ok(["inspect", "--format", "{{.State.Pid}}", "three"]);
  await cala.ok(["restart", "-t", "0", "three"]);
  assert.is.not(await cala.ok(["inspect", "--format", "{{.State.Pid}}", "three"]), pid);
  await counted("start\nstart\n");
  await cala.ok(["rm", "-f", "-t", "0", "three"]);
});

test("kill and --stop-signal send what they name", async () => {
  await cala.ok(["run", "-d", "--name", "four", "--network", "none", "--stop-signal", "USR2", "busybox", "payload", "signals"]);
  await waitFor("ready", async () => (await cala.ok(["logs", "four"])).includes("ready"));
  await cala.ok(["kill", "-s", "HUP", "four"]);
  await cala.ok(["kill", "--signal=SIGUSR1", "four"]);
  await cala.ok(["kill", "-s", "10", "four"]);
  await cala.ok(["stop", "four"]);
  assert.is(await cala.ok(["inspect", "--format", "{{.State.ExitCode}}", "four"]), "0");
  const got = (await cala.ok(["logs", "four"])).split("\n");
  assert.equal([got[0], got[1], got.at(-1)], ["ready", "1", "12"]);
  assert.ok(got.includes("10"));
  await cala.ok(["rm", "four"]);
});

test("logs: stdout and stderr apart, --tail, --timestamps, --since, -f to the end", async () => {
  await cala.ok(["run", "-d", "--name", "five", "--network", "none", "busybox", "sh", "-c", "for i in 1 2 3 4 5; do echo out $i; echo err $i >&2; sleep 0.1; done; until [ -e /go ]; do sleep 0.1; done; printf partial"]);
  const following = cala.run(["logs", "-f", "five"]);
  // Two streams are two pipes: what is to be the last line is written when the others have been read.
  await waitFor("the lines before the last one", async () => {
    const { stdout, stderr } = await cala.run(["logs", "five"]);
    return stdout.endsWith("out 5\n") && stderr.endsWith("err 5\n");
  });
  await cala.ok(["exec", "five", "touch", "/go"]);
  const followed = await following;
  assert.is(followed.code, 0);
  assert.is(followed.stdout, "out 1\nout 2\nout 3\nout 4\nout 5\npartial");
  assert.is(followed.stderr, "err 1\nerr 2\nerr 3\nerr 4\nerr 5\n");
  assert.is((await cala.run(["logs", "--tail", "1", "five"])).stdout, "partial");
  assert.match((await cala.run(["logs", "--timestamps", "--tail=2", "five"])).stdout, /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) /m);
  assert.is((await cala.run(["logs", "--since", "2099-01-01T00:00:00Z", "five"])).stdout, "");
  assert.match((await cala.run(["logs", "--since", "1h", "five"])).stdout, /out 1/);
  await cala.ok(["rm", "five"]);
});

test("exec: environment, user, directory, stdin, detached", async () => {
  await cala.ok(["run", "-d", "--name", "six", "--network", "none", "-e", "FROM_RUN=1", "busybox", "sleep", "1000"]);
  assert.is(await cala.ok(["exec", "-e", "MORE=2", "-w", "/tmp", "-u", "app", "six", "sh", "-c", "echo $FROM_RUN $MORE $PWD $(id -u)"]), "1 2 /tmp 1000");
  assert.is(await cala.ok(["exec", "-i", "six", "cat"], { input: "in\n" }), "in");
  await cala.ok(["exec", "-d", "six", "sh", "-c", "echo done > /tmp/mark"]);
  await waitFor("the mark", async () => (await cala.run(["exec", "six", "cat", "/tmp/mark"])).stdout === "done\n");
  const seen = JSON.parse(await cala.ok(["exec", "six", "payload"])) as { status: Record<string, string>; fds: object };
  assert.is(seen.status["Seccomp"], "2");
  assert.is(seen.status["CapEff"], "00000000800405fb");
  assert.equal(Object.keys(seen.fds).sort(), ["0", "1", "2"]);
  await cala.ok(["rm", "-f", "-t", "0", "six"]);
  assert.is((await cala.run(["exec", "six", "true"])).code, 125);
});

test("attach shows what comes and ends with the container's status", async () => {
  await cala.ok(["run", "-d", "-i", "--name", "seven", "--network", "none", "busybox", "sh", "-c", "read line; echo got $line; exit 9"]);
  const attached = await cala.run(["attach", "seven"], { input: "hello\n" });
  assert.is(attached.stdout, "got hello\n");
  assert.is(attached.code, 9);
  await cala.ok(["rm", "seven"]);
});

test("wait prints the status, of one that has ended and of one that ends", async () => {
  await cala.ok(["run", "-d", "--name", "eight", "--network", "none", "busybox", "sh", "-c", "sleep 0.3; exit 5"]);
  assert.is(await cala.ok(["wait", "eight"]), "5");
  assert.is(await cala.ok(["wait", "eight"]), "5");
  await cala.ok(["rm", "eight"]);
});

test("a name can be had once, and again after rm", async () => {
  await cala.ok(["create", "--name", "nine", "--network", "none", "busybox", "true"]);
  const second = await cala.fails(["create", "--name", "nine", "--network", "none", "busybox", "true"]);
  assert.is(second.code, 125);
  assert.match(second.stderr, /nine/);
  await cala.ok(["rename", "nine", "nine-b"]);
  await cala.ok(["create", "--name", "nine", "--network", "none", "busybox", "true"]);
  await cala.ok(["rm", "nine", "nine-b"]);
});

test("rm refuses a running container, --force removes it", async () => {
  await cala.ok(["run", "-d", "--name", "ten", "--network", "none", "busybox", "sleep", "1000"]);
  const refused = await cala.fails(["rm", "ten"]);
  assert.match(refused.stderr, /running/);
  await cala.ok(["rm", "-f", "-t", "0", "ten"]);
});

test("twenty containers started at once all run, and rm -f of all leaves none", async () => {
  const names = Array.from({ length: 20 }, (_, index) => `many-${index}`);
  await Promise.all(names.map(async (name) => await cala.ok(["run", "-d", "--name", name, "--network", "none", "busybox", "sleep", "1000"], { timeoutMs: 240_000 })));
  assert.is((await cala.ok(["ps", "-q", "--filter", "name=many-"])).split("\n").length, 20);
  await cala.ok(["rm", "-f", "-t", "0", ...names]);
  assert.is(await cala.ok(["ps", "-aq", "--filter", "name=many-"]), "");
});

test("logs of a container that never stops writing end where they began to be read, and --tail counts exactly", async () => {
  await cala.ok(["run", "-d", "--name", "flood", "--network", "none", "busybox", "sh", "-c", "while :; do echo line; done"]);
  await waitFor("three lines", async () => (await cala.ok(["logs", "--tail", "3", "flood"])) === "line\nline\nline");
  for (let round = 0; round < 5; round += 1) assert.is(await cala.ok(["logs", "--tail", "3", "flood"]), "line\nline\nline");
  assert.match((await cala.ok(["logs", "flood"], { timeoutMs: 120_000 })).slice(0, 10), /^line\nline\n$/);
  await cala.ok(["rm", "-f", "-t", "0", "flood"]);
});

test.run();

import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { processStart } from "../../core/monitor/state.ts";
import { processIds, processLeaks } from "./harness/leaks.ts";
import { connectionsOf, monitorOf } from "./harness/monitor.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "health", ["busybox", "with-health"]);
const patience = 60_000;

const inspect = async (name: string, field: string): Promise<string> => await cala.ok(["inspect", "--format", field, name]);
const becomes = async (name: string, health: string): Promise<unknown> => await waitFor(`${name} is ${health}`, async () => (await inspect(name, "{{.State.Health.Status}}")) === health, patience);
const remove = async (...names: string[]): Promise<unknown> => await cala.ok(["rm", "-f", "-t", "0", ...names]);

test("an image's health check is looked after with nothing running but the monitor", async () => {
  await cala.ok(["run", "-d", "--name", "image", "--network", "none", "with-health", "sleep", "1000"]);
  assert.is(await cala.ok(["wait", "--condition", "healthy", "image"], { timeoutMs: patience }), "-1");
  assert.match(await cala.ok(["ps", "--filter", "health=healthy", "--format", "{{.Names}} {{.Status}}"]), /^image Up .* \(healthy\)$/);
  const health = JSON.parse(await inspect("image", "{{json .State.Health}}")) as { Log: { ExitCode: number; Output: string }[]; FailingStreak: number };
  assert.equal([health.FailingStreak, health.Log.at(-1)?.ExitCode, health.Log.at(-1)?.Output], [0, 0, "looked\n"]);
  assert.is(await inspect("image", "{{.Config.Healthcheck.Interval}}"), "200000000");
  await cala.ok(["exec", "image", "rm", "/well"]);
  await becomes("image", "unhealthy");
  assert.is(await cala.ok(["ps", "-q", "--filter", "health=healthy"]), "");
  const failed = await cala.run(["healthcheck", "run", "image"]);
  assert.equal([failed.code, failed.stdout], [1, "unhealthy\n"]);
  await cala.ok(["exec", "image", "touch", "/well"]);
  assert.is((await cala.run(["healthcheck", "run", "image"])).code, 0);
  await becomes("image", "healthy");
  await remove("image");
});

test("--health-cmd replaces the image's, --no-healthcheck does without, and a check needs a command", async () => {
  await cala.ok(["run", "-d", "--name", "own", "--network", "none", "--health-cmd", '["test", "-e", "/own"]', "--health-interval", "disable", "with-health", "sleep", "1000"]);
  assert.is((await cala.run(["healthcheck", "run", "own"])).code, 1);
  await cala.ok(["exec", "own", "touch", "/own"]);
  assert.is((await cala.run(["healthcheck", "run", "own"])).code, 0);
  assert.is(await inspect("own", "{{.State.Health.Status}}"), "healthy");
  await cala.ok(["run", "-d", "--name", "without", "--network", "none", "--no-healthcheck", "with-health", "sleep", "1000"]);
  assert.match((await cala.fails(["healthcheck", "run", "without"])).stderr, /has no defined healthcheck/);
  assert.match((await cala.fails(["wait", "--condition", "healthy", "without"])).stderr, /has no defined healthcheck/);
  assert.match((await cala.fails(["run", "--rm", "--health-retries", "2", "busybox", "true"])).stderr, /no health check/);
  assert.match((await cala.fails(["run", "--rm", "--health-cmd", "true", "--health-log-destination", "events_logger", "busybox", "true"])).stderr, /not noted among the events/);
  assert.match((await cala.fails(["run", "--rm", "--health-cmd", "true", "--health-timeout", "10ms", "busybox", "true"])).stderr, /at least 1 second/);
  await remove("own", "without");
});

test("who asks while a probe is under way is told of one that began after the question", async () => {
  await cala.ok(["run", "-d", "--name", "late", "--network", "none", "--health-cmd", "test -e /well || { touch /looking; while test ! -e /go; do sleep 0.1; done; exit 1; }", "--health-interval", "disable", "busybox", "sleep", "1000"]);
  const first = cala.run(["healthcheck", "run", "late"]);
  await waitFor("a probe under way", async () => (await cala.run(["exec", "late", "test", "-e", "/looking"])).code === 0, patience);
  await cala.ok(["exec", "late", "touch", "/well"]);
  const monitor = await monitorOf(cala, "late");
  const second = cala.run(["healthcheck", "run", "late"]);
  await waitFor("a second client", () => connectionsOf(monitor) === 2, patience);
  await cala.ok(["exec", "late", "touch", "/go"]);
  assert.equal([(await first).code, (await second).code], [1, 0]);
  await remove("late");
});

test("a probe sees the container as its own program does: user, directory, environment", async () => {
  await cala.ok(["run", "-d", "--name", "seen", "--network", "none", "-u", "app", "-w", "/tmp", "-e", "WHO=me", "--health-cmd", "echo $(id -u) $PWD $WHO", "--health-interval", "disable", "busybox", "sleep", "1000"]);
  assert.is((await cala.run(["healthcheck", "run", "seen"])).code, 0);
  assert.is(await inspect("seen", "{{(index .State.Health.Log 0).Output}}"), "1000 /tmp me");
  await remove("seen");
});

test("--health-on-failure restarts an unhealthy container, and a probe that hangs is one that failed", async () => {
  await cala.ok(["run", "-d", "--name", "again", "--network", "none", "--stop-timeout", "0", "--tmpfs", "/short", "--health-cmd", "test ! -e /short/hang || sleep 1000", "--health-timeout", "1s", "--health-interval", "200ms", "--health-retries", "1", "--health-on-failure", "restart", "busybox", "sleep", "1000"]);
  await becomes("again", "healthy");
  // Of one run only: what is in memory is not there in the next. On a busy machine a check may take too long without it, too.
  const runs = Number(await inspect("again", "{{.RestartCount}}"));
  await cala.ok(["exec", "again", "touch", "/short/hang"]);
  await waitFor("another run that is healthy", async () => {
    const [restarts, health] = (await inspect("again", "{{.RestartCount}} {{.State.Health.Status}}")).split(" ");
    return Number(restarts) > runs && health === "healthy";
  }, patience);
  await remove("again");
});

test("update gives a running container other health checks, takes them away, and keeps what it does not name", async () => {
  await cala.ok(["run", "-d", "--name", "changed", "--network", "none", "busybox", "sh", "-c", "touch /up; exec sleep 1000"]);
  assert.match((await cala.fails(["update", "--health-retries", "2", "changed"])).stderr, /no health check/);
  await cala.ok(["update", "--health-cmd", "test -e /up && echo first", "--health-interval", "100ms", "--health-retries", "2", "changed"]);
  await becomes("changed", "healthy");
  await cala.ok(["update", "--health-cmd", "echo second; exit 3", "changed"]);
  await becomes("changed", "unhealthy");
  assert.equal(JSON.parse(await inspect("changed", "{{json .Config.Healthcheck}}")), { Test: ["CMD-SHELL", "echo second; exit 3"], Interval: 100e6, Timeout: 30e9, StartPeriod: 0, Retries: 2, StartInterval: 5e9 });
  const log = JSON.parse(await inspect("changed", "{{json .State.Health.Log}}")) as { Output: string }[];
  assert.is(log.at(-1)?.Output, "second\n");
  await cala.ok(["update", "--no-healthcheck", "changed"]);
  assert.match((await cala.fails(["healthcheck", "run", "changed"])).stderr, /has no defined healthcheck/);
  assert.match(await cala.ok(["ps", "--filter", "name=changed", "--format", "{{.Status}}"]), /^Up [^(]*$/);
  await cala.ok(["update", "--health-cmd", "true", "--health-startup-cmd", "test -e /ready", "--health-startup-interval", "100ms", "--health-interval", "100ms", "changed"]);
  await cala.ok(["update", "--health-startup-retries", "0", "--health-on-failure", "stop", "changed"]);
  assert.is(await inspect("changed", "{{.State.Health.Status}}"), "starting");
  await cala.ok(["exec", "changed", "touch", "/ready"]);
  await becomes("changed", "healthy");
  await cala.ok(["restart", "-t", "0", "changed"]);
  await becomes("changed", "healthy");
  await cala.ok(["update", "--health-cmd", "false", "--health-retries", "1", "changed"]);
  await waitFor("it is stopped", async () => (await inspect("changed", "{{.State.Status}}")) === "exited", patience);
  await remove("changed");
});

test("a paused container is not probed", async () => {
  await cala.ok(["run", "-d", "--name", "still", "--network", "none", "--health-cmd", "echo x >> /probes", "--health-interval", "100ms", "busybox", "sleep", "1000"]);
  await becomes("still", "healthy");
  await cala.ok(["pause", "still"]);
  // A probe that had begun before may be told of afterwards.
  const paused = Date.now();
  const lastStart = async (): Promise<number> => Math.max(...(JSON.parse(await inspect("still", "{{json .State.Health.Log}}")) as { Start: string }[]).map(({ Start: start }) => Date.parse(start)));
  assert.is((await cala.run(["healthcheck", "run", "still"])).code, 125);
  assert.ok(await lastStart() <= paused);
  await cala.ok(["unpause", "still"]);
  await waitFor("it is probed again", async () => await lastStart() > paused, patience);
  await remove("still");
});

test("a lease ends the container, its anonymous volume, its networks and its record when the process is killed", async () => {
  const before = processIds();
  const holder = spawn("sleep", ["1000"]);
  await cala.ok(["network", "create", "leased-net"]);
  await cala.ok(["run", "-d", "--name", "leased", "--network", "leased-net", "-p", "127.0.0.1::80", "-v", "/anon", "-v", "kept:/kept", "--lease", `pid:${holder.pid ?? 0}`, "busybox", "sh", "-c", "trap '' TERM; sleep 1000"]);
  assert.is(await inspect("leased", "{{.HostConfig.AutoRemove}}"), "true");
  const volumes = join(cala.root, "data/volumes");
  assert.is(readdirSync(volumes).length, 2);
  assert.ok(processLeaks(cala.root, before).length > 2, "monitor, network and helpers run");
  holder.kill("SIGKILL");
  await waitFor("the container is gone", async () => (await cala.ok(["ps", "-aq", "--filter", "name=leased"])) === "" && readdirSync(volumes).join() === "kept", patience);
  await waitFor("every process of it and of its network is gone", () => processLeaks(cala.root, before).length === 0, patience);
  await cala.ok(["network", "rm", "leased-net"]);
  await cala.ok(["volume", "rm", "kept"]);
  const gone = await cala.fails(["run", "--rm", "--network", "none", "--lease", `pid:${holder.pid ?? 0}`, "busybox", "true"]);
  assert.match(gone.stderr, /does not run/);
});

test("a container that was leased to a process does not start after it", async () => {
  const holder = spawn("sleep", ["1000"]);
  const pid = holder.pid ?? 0;
  await cala.ok(["create", "--name", "late", "--network", "none", "--lease", `pid:${pid}`, "busybox", "true"]);
  holder.kill("SIGKILL");
  await waitFor("it is dead", () => processStart(pid) === undefined, patience);
  assert.match((await cala.fails(["start", "late"])).stderr, /does not run/);
  await remove("late");
});

test("--lease parent ends with the shell that called cala", async () => {
  const shell = spawn("sh", ["-c", `"$0" run -d --name child --network none --lease parent busybox sleep 1000; echo ready; exec sleep 1000`, join(cala.root, "bin/cala")], { env: cala.env, cwd: cala.home });
  const output: Buffer[] = [];
  shell.stdout.on("data", (bytes: Buffer) => output.push(bytes));
  await waitFor("the container runs", () => Buffer.concat(output).toString().includes("ready"), patience);
  assert.is(await inspect("child", "{{.State.Status}}"), "running");
  shell.kill("SIGKILL");
  await waitFor("the container is gone", async () => (await cala.ok(["ps", "-aq", "--filter", "name=child"])) === "", patience);
});

test("the probes' files go with the container", async () => {
  await cala.ok(["run", "-d", "--rm", "--name", "tidy", "--network", "none", "--health-log-destination", cala.home, "--health-max-log-count", "1", "--health-cmd", "true", "--health-interval", "100ms", "busybox", "sleep", "1000"]);
  await becomes("tidy", "healthy");
  const id = await inspect("tidy", "{{.Id}}");
  const file = join(cala.home, `${id}-healthcheck.log`);
  assert.is(readFileSync(file, "utf8").trimEnd().split("\n").length, 1);
  await cala.ok(["stop", "-t", "0", "tidy"]);
  assert.not.ok(existsSync(join(cala.root, "data/containers", id)));
});

test.run();

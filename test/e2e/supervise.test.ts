import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { processStart } from "../../core/monitor/state.ts";
import { monitorOf } from "./harness/monitor.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "supervise");
const patience = 60_000;
const inspect = async (name: string, field: string): Promise<string> => await cala.ok(["inspect", "--format", field, name]);
const stateFile = async (name: string): Promise<string> => join(cala.root, "data/containers", await inspect(name, "{{.Id}}"), "state");
const readText = (path: string): string => (existsSync(path) ? readFileSync(path, "latin1") : "");
const remove = async (...names: string[]): Promise<unknown> => await cala.ok(["rm", "-f", "-t", "0", ...names]);

/** Makes the state of a container that runs one of a former boot, as a power cut leaves it. */
async function pretendReboot(name: string): Promise<void> {
  const { monitorPid, pid } = await monitorOf(cala, name);
  const file = await stateFile(name);
  const running = readFileSync(file, "utf8");
  process.kill(monitorPid, "SIGKILL");
  await waitFor("its processes are gone", () => processStart(monitorPid) === undefined && processStart(pid) === undefined, patience);
  writeFileSync(file, running.replace(/"bootId":"[^"]*"/, '"bootId":"00000000-0000-4000-8000-000000000000"'));
}

test("after a reboot a container is known to have ended, and what is to run with the host is started by one command", async () => {
  for (const [name, policy] of [["always", "always"], ["unless", "unless-stopped"], ["stopped", "unless-stopped"], ["never", "no"]]) {
    await cala.ok(["run", "-d", "--name", name ?? "", "--network", "none", "--restart", policy ?? "", "busybox", "sleep", "1000"]);
  }
  await cala.ok(["stop", "-t", "0", "stopped"]);
  for (const name of ["always", "unless", "never"]) await pretendReboot(name);
  assert.is(await cala.ok(["ps", "-q"]), "");
  assert.equal([await inspect("always", "{{.State.Status}}"), await inspect("always", "{{.State.ExitCode}}")], ["exited", "255"]);
  assert.is((await cala.ok(["ps", "-a", "--filter", "should-start-on-boot=true", "--format", "{{.Names}}"])), "always\nunless");
  assert.is((await cala.ok(["ps", "-a", "--filter", "restart-policy=unless-stopped", "--format", "{{.Names}}"])), "unless\nstopped");
  assert.is((await cala.ok(["start", "--all", "--filter", "should-start-on-boot=true"])).split("\n").length, 2);
  assert.is(await cala.ok(["ps", "--format", "{{.Names}}"]), "always\nunless");
  await remove("always", "unless", "stopped", "never");
});

test("a restart policy counts, tells that it waits, and ends when the container is stopped meanwhile", async () => {
  await cala.ok(["run", "-d", "--name", "again", "--network", "none", "--restart", "always", "busybox", "sh", "-c", "exit 3"]);
  await waitFor("it has been restarted", async () => Number(await inspect("again", "{{.RestartCount}}")) >= 3, patience);
  // Each in a look of its own: between two it runs again.
  await waitFor("it waits", async () => (await inspect("again", "{{.State.Status}} {{.State.Restarting}}")) === "restarting true", patience);
  await waitFor("ps to tell that it waits", async () => /^Restarting \(3\) .* ago$/.test(await cala.ok(["ps", "--format", "{{.Status}}"])), patience);
  await cala.ok(["stop", "again"]);
  assert.equal([await inspect("again", "{{.State.Status}}"), await inspect("again", "{{.State.ExitCode}}")], ["exited", "3"]);
  await remove("again");
});

test("on-failure:N gives up after so many, and never after success", async () => {
  await cala.ok(["run", "-d", "--name", "fails", "--network", "none", "--restart", "on-failure:2", "busybox", "sh", "-c", "exit 3"]);
  await cala.ok(["run", "-d", "--name", "works", "--network", "none", "--restart", "on-failure:2", "busybox", "true"]);
  await waitFor("it gives up", async () => (await inspect("fails", "{{.State.Status}}")) === "exited", patience);
  assert.equal([await inspect("fails", "{{.RestartCount}}"), await cala.ok(["wait", "works"]), await inspect("works", "{{.RestartCount}}")], ["2", "0", "0"]);
  await remove("fails", "works");
});

test("container cleanup ends what a killed monitor has left, and refuses what runs", async () => {
  await cala.ok(["run", "-d", "--name", "left", "--network", "none", "busybox", "sleep", "1000"]);
  assert.match((await cala.fails(["container", "cleanup", "left"])).stderr, /running/);
  const { monitorPid, pid } = await monitorOf(cala, "left");
  process.kill(monitorPid, "SIGKILL");
  await waitFor("the monitor is gone", () => processStart(monitorPid) === undefined, patience);
  assert.is(await cala.ok(["container", "cleanup", "left"]), "left");
  await waitFor("nothing is left", () => processStart(pid) === undefined, patience);
  const file = await stateFile("left");
  await cala.ok(["container", "cleanup", "--all", "--rm"]);
  assert.not.ok(existsSync(file));
  await cala.ok(["tag", "busybox", "goes:1"]);
  await cala.ok(["run", "--name", "goes", "--network", "none", "goes:1", "true"]);
  assert.is(await cala.ok(["container", "cleanup", "--rmi", "goes"]), "goes");
  assert.equal([(await cala.run(["container", "exists", "goes"])).code, (await cala.run(["image", "exists", "goes:1"])).code], [1, 1]);
});

test("a container whose program has become another user ends with a killed monitor, too, and so does one that was restarted", async () => {
  const words = ["busybox", "sh", "-c", "[ -e /again ] || { touch /again; exit 1; }; exec su nobody -s /bin/sh -c 'exec sleep 1000'"];
  await cala.ok(["run", "-d", "--name", "changed", "--network", "none", "--restart", "on-failure:1", ...words]);
  const { monitorPid, pid } = await waitFor("it was restarted and runs as another user", async () => {
    const pids = await monitorOf(cala, "changed");
    return pids.pid > 0 && readText(`/proc/${pids.pid}/cmdline`).startsWith("sleep") && pids;
  }, patience);
  assert.not.match(readText(`/proc/${pid}/status`), new RegExp(`^Uid:\\s+${process.getuid?.()}\\s`, "m"));
  process.kill(monitorPid, "SIGKILL");
  await waitFor("the container is gone without any command", () => processStart(pid) === undefined, patience);
  await remove("changed");
});

test("eight who wait for one container all get its exit code, again and again", async () => {
  await Promise.all(Array.from({ length: 4 }, async (_, index) => {
    const name = `short-${index}`;
    await cala.ok(["create", "--name", name, "--network", "none", "busybox", "sh", "-c", `sleep 0.5; exit ${40 + index}`]);
    await cala.ok(["start", name], { timeoutMs: 120_000 });
    const codes = await Promise.all(Array.from({ length: 8 }, async () => await cala.ok(["wait", name], { timeoutMs: 120_000 })));
    assert.equal(codes, Array.from({ length: 8 }, () => String(40 + index)));
    await remove(name);
  }));
});

test("wait: several at once, the first of several, and those that do not exist", async () => {
  await cala.ok(["run", "-d", "--name", "slow", "--network", "none", "busybox", "sleep", "1000"]);
  await cala.ok(["run", "-d", "--name", "quick", "--network", "none", "busybox", "sh", "-c", "exit 4"]);
  assert.is(await cala.ok(["wait", "--exit-first-match", "slow", "quick"], { timeoutMs: 120_000 }), "4");
  assert.is(await cala.ok(["wait", "--ignore", "nothing", "quick"]), "-1\n4");
  assert.is(await cala.ok(["wait", "--condition", "running", "--interval", "20ms", "slow"]), "-1");
  await remove("slow", "quick");
});

test.run();

/** What a service manager that started a container is told (sd_notify(3)), in each mode of --sdnotify. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { monitorOf } from "./harness/monitor.ts";
import { fixtureProgram } from "./harness/programs.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "sdnotify");
const datagrams = await fixtureProgram("datagrams");
const patience = 60_000;

/** A socket that is listened to while `work` runs. `told` is what has come until now, one text per datagram. */
async function withManager(name: string, work: (env: Readonly<Record<string, string>>, told: () => readonly string[]) => Promise<void>): Promise<void> {
  const [socket, file] = [join(cala.home, `${name}.sock`), join(cala.home, `${name}.told`)];
  const listener = spawn(datagrams, [socket, file], { stdio: "ignore" });
  try {
    await waitFor("the manager listens", () => existsSync(socket), patience);
    await work({ NOTIFY_SOCKET: socket }, () => (existsSync(file) ? readFileSync(file, "utf8").split("\n--\n").slice(0, -1) : []));
  } finally {
    listener.kill("SIGKILL");
    await cala.ok(["rm", "-f", "-i", "-t", "0", name]);
  }
}

const detached = (name: string, ...options: readonly string[]): string[] => ["run", "-d", "--name", name, "--network", "none", ...options];
const isReady = (texts: readonly string[]): boolean => texts.some((text) => text.split("\n").includes("READY=1"));

test("--sdnotify conmon: the monitor is the main process, and ready when the container runs", async () => {
  await withManager("conmon", async (env, told) => {
    await cala.ok([...detached("conmon", "--sdnotify", "conmon"), "busybox", "sh", "-c", "echo socket=$NOTIFY_SOCKET; exec sleep 1000"], { env });
    await waitFor("it is told", () => told().length > 0, patience);
    assert.equal(told(), [`MAINPID=${(await monitorOf(cala, "conmon")).monitorPid}\nREADY=1`]);
    await waitFor("the container's line", async () => (await cala.ok(["logs", "conmon"])) === "socket=", patience);
  });
});

test("--sdnotify container: what the container tells is passed on, but who the main process is is the monitor's to say", async () => {
  await withManager("container", async (env, told) => {
    const script = "until [ -e /go ]; do sleep 0.05; done; datagrams tell \"$(printf 'READY=1\\nMAINPID=1\\nSTATUS=up')\"; exec sleep 1000";
    await cala.ok([...detached("container", "--sdnotify", "container", "-v", `${datagrams}:/bin/datagrams:ro`), "busybox", "sh", "-c", script], { env });
    await waitFor("the main process is told", () => told().length > 0, patience);
    assert.equal(told(), [`MAINPID=${(await monitorOf(cala, "container")).monitorPid}`]);
    await cala.ok(["exec", "container", "touch", "/go"]);
    await waitFor("it is ready", () => isReady(told()), patience);
    assert.equal(told().slice(1), ["READY=1\nSTATUS=up"]);
  });
});

test("--sdnotify healthy: ready with the first good probe, not before", async () => {
  await withManager("healthy", async (env, told) => {
    await cala.ok([...detached("healthy", "--sdnotify", "healthy", "--health-cmd", "test -e /up", "--health-interval", "100ms", "--health-retries", "1000"), "busybox", "sleep", "1000"], { env });
    await waitFor("a probe has failed", async () => Number(await cala.ok(["inspect", "--format", "{{.State.Health.FailingStreak}}", "healthy"])) > 0, patience);
    assert.equal(told(), []);
    await cala.ok(["exec", "healthy", "touch", "/up"]);
    await waitFor("it is ready", () => isReady(told()), patience);
  });
});

test("--sdnotify ignore: nothing is told, and the container does not see the manager's socket", async () => {
  await withManager("ignore", async (env, told) => {
    await cala.ok([...detached("ignore", "--sdnotify", "ignore"), "busybox", "sh", "-c", "echo socket=$NOTIFY_SOCKET; exec sleep 1000"], { env });
    await waitFor("the container's line", async () => (await cala.ok(["logs", "ignore"])) === "socket=", patience);
    assert.equal(told(), []);
  });
});

test.run();

// runs: beside others
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connectControl } from "../../../core/monitor/control.ts";
import { processStart } from "../../../core/monitor/state.ts";
import { until, withStandIn, type StandIn } from "./program.ts";

const probes = (container: StandIn): { ExitCode: number; Output: string; Start: string; End: string }[] =>
  (existsSync(join(container.dir, "health-log")) ? readFileSync(join(container.dir, "health-log"), "utf8") : "").split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as never);
const mark = (name: string): string => `/tmp/cala-probe-${process.pid}-${name}`;

test("the first success makes a container healthy, so many failures in a row unhealthy, and the last probes are kept", async () => {
  const file = mark("turns");
  await withStandIn({ command: "sleep 60", probe: `echo looking; test -e ${file}`, probe_interval_ms: 20, probe_retries: 2 }, async (container) => {
    container.startDetached();
    await until("it is unhealthy", () => container.state().health === "unhealthy");
    assert.ok((container.state().failingStreak ?? 0) >= 2);
    writeFileSync(file, "");
    await until("it is healthy", () => { const { health, failingStreak } = container.state(); return health === "healthy" && failingStreak === 0; });
    await until("only the last three are kept", () => probes(container).length === 3 && probes(container).every((probe) => probe.ExitCode === 0));
    assert.is(probes(container)[0]?.Output, "looking\n");
    assert.ok((probes(container)[0]?.Start ?? "") <= (probes(container)[0]?.End ?? ""));
    rmSync(file);
    await until("it is unhealthy again", () => container.state().health === "unhealthy");
  });
});

test("what a probe writes is cut where the record of it ends", async () => {
  await withStandIn({ command: "sleep 60", probe: "yes x | head -c 100000", probe_interval_ms: 20, probe_retries: 1 }, async (container) => {
    container.startDetached();
    await until("there is a record of one that was fast enough", () => probes(container).some((probe) => !probe.Output.startsWith("Health check exceeded") && probe.Output !== ""));
    assert.is(probes(container).find((probe) => !probe.Output.startsWith("Health check exceeded") && probe.Output !== "")?.Output, "x\n".repeat(10));
  });
});

test("a probe that takes too long has failed", async () => {
  await withStandIn({ command: "sleep 60", probe: "sleep 30", probe_interval_ms: 10, probe_retries: 1 }, async (container) => {
    container.startDetached();
    await until("it is unhealthy", () => container.state().health === "unhealthy");
    assert.is(probes(container).at(-1)?.ExitCode, -1);
    assert.is(probes(container).at(-1)?.Output, "Health check exceeded timeout (1 s)");
  });
});

test("failures within the start period do not count", async () => {
  await withStandIn({ command: "sleep 60", probe: "exit 1", probe_interval_ms: 10, probe_retries: 1, start_period_ms: 60_000 }, async (container) => {
    container.startDetached();
    await until("three probes have failed", () => probes(container).length === 3);
    assert.equal([container.state().health, container.state().failingStreak], ["starting", 0]);
  });
});

test("an unhealthy container is killed, restarted or stopped as asked for", async () => {
  await withStandIn({ command: "sleep 60", probe: "exit 1", probe_interval_ms: 10, probe_retries: 1, on_failure: 1 }, async (container) => {
    container.startDetached();
    await until("it is killed", () => container.state().status === "exited");
    assert.is(container.state().exitCode, 137);
    assert.is(container.state().stoppedByUser, false);
  });
  await withStandIn({ command: "sleep 60", probe: "exit 1", probe_interval_ms: 10, probe_retries: 1, on_failure: 2, stop_signal: 9 }, async (container) => {
    container.startDetached();
    await until("it is restarted twice", () => container.state().restartCount >= 2);
  });
  const file = mark("ready");
  await withStandIn({ command: `trap 'exit 7' TERM; touch ${file}; while :; do sleep 0.01; done`, probe: `test ! -e ${file}`, probe_interval_ms: 20, probe_retries: 1, on_failure: 3, restart_policy: 2, stop_timeout_ms: 10_000 }, async (container) => {
    container.startDetached();
    await until("it is stopped for good", () => container.state().status === "exited");
    assert.equal([container.state().exitCode, container.state().restartCount], [7, 0]);
    rmSync(file);
  });
});

test("the start-up check comes first, and restarts what does not come up", async () => {
  const file = mark("startup");
  await withStandIn({ command: "sleep 60", startup_probe: `test -e ${file}`, startup_successes: 2, probe: "exit 0", probe_interval_ms: 20, probe_retries: 1 }, async (container) => {
    container.startDetached();
    await until("it has failed for a while", () => probes(container).length === 3);
    assert.is(container.state().health, "starting");
    writeFileSync(file, "");
    await until("it is healthy", () => container.state().health === "healthy");
    assert.is(container.state().restartCount, 0);
    rmSync(file);
  });
  await withStandIn({ command: "sleep 60", startup_probe: "exit 1", startup_retries: 2, startup_successes: 1, probe: "exit 0", probe_interval_ms: 20, probe_retries: 1, stop_signal: 9 }, async (container) => {
    container.startDetached();
    await until("it is restarted", () => container.state().restartCount >= 1);
  });
});

test("no probe outlives its container", async () => {
  const file = mark("left");
  await withStandIn({ command: "sleep 60", probe: `echo $$ > ${file}; exec sleep 0.9`, probe_interval_ms: 10, probe_retries: 1000 }, async (container) => {
    container.startDetached();
    await until("a probe runs", () => existsSync(file));
    process.kill(container.state().pid, "SIGKILL");
    await until("it has ended", () => container.state().status === "exited");
    const { monitorPid } = container.state();
    await until("the monitor has gone", () => processStart(monitorPid) === undefined);
    rmSync(file);
  });
});

test("a leased container ends with the process, whatever its policy; one whose process is gone does not start", async () => {
  const holder = spawn("sleep", ["60"]);
  const pid = holder.pid ?? 0;
  await withStandIn({ command: "sleep 60", restart_policy: 2, stop_signal: 15, stop_timeout_ms: 10_000, lease_pid: pid, lease_start: processStart(pid) ?? 0 }, async (container) => {
    container.startDetached();
    holder.kill("SIGKILL");
    await until("it has ended", () => container.state().status === "exited");
    assert.is(container.state().restartCount, 0);
  });
  await withStandIn({ command: "sleep 60", lease_pid: process.pid, lease_start: 1 }, (container) => {
    const result = container.run();
    assert.is.not(result.status, 0);
    assert.match(result.stderr.toString(), /leased/);
  });
});

test("the user's stop is remembered, the end of a time limit is none", async () => {
  await withStandIn({ command: "sleep 60", stop_signal: 15 }, async (container) => {
    container.startDetached();
    const control = await connectControl(container.dir);
    await control?.stop(0, 10_000);
    await control?.waitClosed();
    assert.is(container.state().stoppedByUser, true);
  });
  await withStandIn({ command: "sleep 60", timeout_ms: 20, restart_policy: 2 }, (container) => {
    assert.is(container.run().status, 137);
    assert.equal([container.state().stoppedByUser, container.state().restartCount], [false, 0]);
  });
});

test.run();

// runs: beside others
import { closeSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readTextIfThere } from "../../../core/fs/read-json.ts";
import { readReport } from "../../../core/monitor/report.ts";
import { connectControl } from "../../../core/monitor/control.ts";
import { killOrphan } from "../../../core/monitor/orphan.ts";
import { lostExitCode, orphanOf, processStart, readMonitorState } from "../../../core/monitor/state.ts";
import { flags, until, withStandIn } from "./program.ts";

test("exit codes and signals end up in the record", async () => {
  await withStandIn({ command: "echo out; echo err >&2; exit 3" }, (container) => {
    const result = container.run();
    assert.is(result.status, 3);
    assert.is(result.stdout.toString(), "out\n");
    assert.is(result.stderr.toString(), "err\n");
    const state = container.state();
    assert.is(state.status, "exited");
    assert.is(state.exitCode, 3);
    assert.is(state.pid, 0);
    assert.match(state.finishedAt, /^20\d\d-.*\.\d{9}Z$/);
    assert.not(existsSync(join(container.dir, "attach")));
  });
  await withStandIn({ command: "kill -9 $$" }, (container) => {
    assert.is(container.run().status, 137);
  });
});

test("a failed start is reported and recorded", async () => {
  await withStandIn({ program: "/no/such/program" }, (container) => {
    const monitor = container.start();
    const report = readReport(monitor);
    closeSync(monitor.fd);
    assert.equal([report.stage, report.opIndex, report.errno], ["enter", 7, 2]);
    assert.is(container.state().exitCode, 127);
    assert.match(container.state().error, /enter section, op 7: No such file/);
  });
});

test("--rm removes after the exit was told, and after a failed start was explained", async () => {
  await withStandIn({ command: "exit 4", flags: flags.remove, cleanup: "touch /tmp/cala-cleanup-$PPID" }, (container) => {
    const result = container.run();
    assert.is(result.status, 4);
    const mark = `/tmp/cala-cleanup-${container.state().monitorPid}`;
    assert.ok(existsSync(mark), "the client ends when everything is removed");
    rmSync(mark);
  });
});

test("--rm removes nothing when the container is to be kept for a restart", async () => {
  await withStandIn({ command: "sleep 60", flags: flags.remove, cleanup: "touch /tmp/cala-cleanup-$PPID" }, async (container) => {
    container.startDetached();
    const control = await connectControl(container.dir);
    assert.ok(control);
    control.keep();
    await control.stop(9, 1000);
    await control.waitClosed();
    assert.not(existsSync(`/tmp/cala-cleanup-${container.state().monitorPid}`));
    assert.is(container.state().exitCode, 137);
  });
});

test("stop sends the container's signal, then SIGKILL, and cancels the restart policy", async () => {
  await withStandIn({ command: "trap 'echo got' TERM; echo ready; while :; do sleep 0.01; done", stop_signal: 15, restart_policy: 2 }, async (container) => {
    container.startDetached();
    await until("the trap is set", () => container.log().includes("ready"));
    const control = await connectControl(container.dir);
    assert.ok(control);
    control.subscribe({ exit: true });
    await control.stop(0, 600_000);
    await until("the signal has come", () => container.log().includes("got"));
    await control.stop(0, 50); // of two times the shorter one holds
    await control.waitClosed();
    assert.is(container.state().exitCode, 137);
    assert.is(container.state().status, "exited");
    assert.is(container.state().restartCount, 0);
  });
});

test("on-failure restarts as often as allowed", async () => {
  await withStandIn({ command: "echo try; exit 1", restart_policy: 1, restart_maximum: 2 }, async (container) => {
    container.startDetached();
    await until("it has ended for good", () => container.state().status === "exited");
    assert.is(container.state().restartCount, 2);
    assert.is(container.log().split("try").length - 1, 3);
  });
});

test("each restart is waited for twice as long as the one before", async () => {
  await withStandIn({ command: "date +%s%N; exit 1", restart_policy: 1, restart_maximum: 5 }, async (container) => {
    container.startDetached();
    await until("it has ended for good", () => container.state().status === "exited", 60_000);
    const starts = [...container.log().matchAll(/"log":"(\d+)\\n"/g)].map(([, time]) => Number(time) / 1e6);
    assert.is(starts.length, 6);
    // Nothing waits for less than it is asked to; a busy machine makes it more.
    starts.slice(1).forEach((at, index) => {
      const [gap, pause] = [at - (starts[index] ?? Number.NaN), 100 * 2 ** index];
      assert.ok(gap >= pause, `restart ${index + 1} came after ${gap} ms, not ${pause}`);
    });
  });
});

test("a time limit kills", async () => {
  await withStandIn({ command: "sleep 60", timeout_ms: 50 }, (container) => {
    assert.is(container.run().status, 137);
  });
});

test("a helper that ends early is noted", async () => {
  await withStandIn({ command: "sleep 60", helper: "exit 5" }, async (container) => {
    container.startDetached();
    await until("the note is there", () => /ended early with status 5/.test(container.state().error));
  });
});

test("there is one monitor per container, and the next one may come as soon as the first has ended", async () => {
  await withStandIn({ command: "exit 0" }, (container) => {
    for (let round = 0; round < 20; round++) assert.is(container.run().status, 0);
  });
  await withStandIn({ command: "sleep 60" }, (container) => {
    container.startDetached();
    const second = container.start();
    const report = readReport(second);
    closeSync(second.fd);
    assert.is(report.stage, "monitor");
    assert.match(report.text, /running already/);
    assert.is(container.state().status, "running");
  });
});

/** The monitor's child that ends the container when the monitor is killed. */
function keeperOf(monitorPid: number): number | undefined {
  return readdirSync("/proc").map(Number).find((pid) => {
    const status = readTextIfThere(`/proc/${pid}/status`) ?? "";
    return status.startsWith("Name:\tcala-keeper\n") && status.includes(`\nPPid:\t${monitorPid}\n`);
  });
}

test("a container whose monitor was killed with its keeper counts as ended, and what is left of it can be killed", async () => {
  await withStandIn({ command: "sleep 60" }, async (container) => {
    container.startDetached();
    const { pid, monitorPid } = container.state();
    assert.is(readMonitorState(container.dir)?.status, "running");
    await until("the keeper is there", () => keeperOf(monitorPid) !== undefined);
    process.kill(keeperOf(monitorPid) ?? 0, "SIGKILL");
    await until("the keeper is gone", () => keeperOf(monitorPid) === undefined);
    process.kill(monitorPid, "SIGKILL");
    await until("the monitor is gone", () => processStart(monitorPid) === undefined);
    assert.is(readMonitorState(container.dir)?.status, "exited");
    assert.is(readMonitorState(container.dir)?.exitCode, lostExitCode);
    assert.is(orphanOf(container.dir)?.pid, pid);
    assert.ok(killOrphan(container.dir));
    await until("the orphan is gone", () => processStart(pid) === undefined);
    assert.not(killOrphan(container.dir));
  });
});

test.run();

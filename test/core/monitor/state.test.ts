import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MonitorState } from "../../../core/container/record.ts";
import { currentBootId, isProcessAlive, lostExitCode, orphanOf, processStart, readMonitorState } from "../../../core/monitor/state.ts";

const own = { pid: process.pid, start: processStart(process.pid) ?? 0 };
const running: MonitorState = {
  status: "running", bootId: currentBootId(), monitorPid: own.pid, monitorStart: own.start, pid: own.pid, pidStart: own.start,
  startedAt: "2026-11-21T04:01:57.123456789Z", finishedAt: "", exitCode: 0, oomKilled: false, restartCount: 0, error: "",
};

function withState(state: MonitorState | undefined, body: (dir: string) => void): void {
  const dir = mkdtempSync(join(tmpdir(), "cala-state-"));
  try {
    if (state !== undefined) writeFileSync(join(dir, "state"), `${JSON.stringify(state)}${" ".repeat(100)}\n`);
    body(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

test("the state of a container whose monitor lives is believed", () => {
  withState(running, (dir) => assert.equal(readMonitorState(dir), running));
});

test("a container that was never started has none", () => {
  withState(undefined, (dir) => assert.is(readMonitorState(dir), undefined));
});

test("a container that was started again between two looks at it runs", () => {
  withState(undefined, (dir) => {
    const records = [{ ...running, monitorStart: own.start - 1 }, running, running];
    assert.equal(readMonitorState(dir, () => records.shift()), running);
  });
});

test("a former boot's container has exited, whatever process has its pid now", () => {
  withState({ ...running, bootId: "00000000-0000-0000-0000-000000000000" }, (dir) => {
    const state = readMonitorState(dir);
    assert.equal([state?.status, state?.exitCode, state?.pid], ["exited", lostExitCode, 0]);
    assert.match(state?.error ?? "", /host was restarted/);
    assert.ok(!Number.isNaN(Date.parse(state?.finishedAt ?? "")));
    assert.is(orphanOf(dir), undefined);
  });
});

test("a monitor's pid in other hands is not the monitor", () => {
  withState({ ...running, monitorStart: own.start + 1 }, (dir) => {
    assert.is(readMonitorState(dir)?.status, "exited");
    assert.equal(orphanOf(dir), { pid: own.pid, pidStart: own.start });
  });
});

test("a process is known by pid and start time together", () => {
  assert.ok(isProcessAlive(own.pid, own.start));
  assert.not(isProcessAlive(own.pid, own.start + 1));
  assert.not(isProcessAlive(0, 0));
  assert.is(processStart(2 ** 30), undefined);
});

test.run();

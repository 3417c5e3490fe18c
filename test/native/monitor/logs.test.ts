// runs: beside others
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connectControl } from "../../../core/monitor/control.ts";
import { flags, standInProgram, until, withStandIn, type StandIn } from "./program.ts";

const lines = (container: StandIn, ...args: readonly string[]): string[] => container.applet("logs", args).stdout.toString().trimEnd().split("\n");

test("frames, times, pauses before restarts, escaping, rotation and detach keys hold in C", async () => {
  await withStandIn({ command: "true" }, (container) => {
    const work = mkdtempSync(join(container.dir, "units-"));
    assert.is(execFileSync(standInProgram, ["units", work], { encoding: "utf8" }), "0 failures\n");
    rmSync(work, { recursive: true });
  });
});

test("any bytes come back, through rotation too", async () => {
  for (const limits of [{}, { log_max_bytes: 40_000, log_max_files: 1000 }]) {
    await withStandIn({ command: "cat", ...limits, flags: flags.stdin | flags.stdinOnce }, (container) => {
      const input = Buffer.concat([randomBytes(400_000), Buffer.from("\\\"".repeat(50_000)), Buffer.from("€".repeat(50_000)), Buffer.from("no newline at the end")]);
      assert.is(container.run(input).status, 0);
      assert.ok(container.applet("logs").stdout.equals(input));
      assert.is(existsSync(join(container.dir, "log.1")), "log_max_bytes" in limits);
    });
  }
});

test("text that is UTF-8 is JSON line by line, however it was cut", async () => {
  await withStandIn({ command: "cat", flags: flags.stdin | flags.stdinOnce }, (container) => {
    container.run("aé€😀".repeat(60_000));
    const records = container.log().trimEnd().split("\n").map((line) => JSON.parse(line) as { log: string; stream: string; time: string });
    assert.is(records.map((record) => record.log).join(""), "aé€😀".repeat(60_000));
    for (const record of records) assert.match(record.time, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  });
});

test("tail, since, until, timestamps, names and streams", async () => {
  await withStandIn({ command: "echo oops >&2; read go; seq 1 30000; printf rest", log_max_bytes: 300_000, log_max_files: 50, flags: flags.stdin | flags.stdinOnce }, (container) => {
    container.run("go\n");
    assert.is(lines(container).length, 30001);
    assert.equal(lines(container, "--tail", "2"), ["30000", "rest"]);
    assert.is(lines(container, "--tail", "20000").length, 20000);
    assert.is(lines(container, "--tail", "999999")[0], "1");
    assert.is(container.applet("logs", ["--tail", "0"]).stdout.toString(), "");
    assert.is(container.applet("logs", ["--stderr"]).stderr.toString(), "oops\n");
    assert.is(container.applet("logs", ["--stdout"]).stderr.toString(), "");
    assert.match(lines(container, "--tail", "1", "--timestamps", "--names", "web")[0] ?? "", /^web 20\d\d-.*Z rest$/);
    const future = String(BigInt(Date.now() + 60_000) * 1_000_000n);
    assert.is(container.applet("logs", ["--since", future]).stdout.toString(), "");
    assert.is(lines(container, "--until", future, "--stdout").length, 30001);
    assert.is(container.applet("logs", ["--until", "1000"]).stdout.toString(), "");
  });
});

test("follow goes through rotation and ends with the container", async () => {
  await withStandIn({ command: "read x; for i in $(seq 1 3000); do echo line $i; done", flags: flags.stdin, log_max_bytes: 5000, log_max_files: 1000 }, async (container) => {
    container.startDetached();
    const follower = container.appletInBackground("logs", ["--follow"]);
    let text = "";
    follower.stdout!.on("data", (piece: Buffer) => (text += piece.toString()));
    const control = await connectControl(container.dir);
    await control?.input(Buffer.from("go\n"));
    assert.is(await new Promise((resolve) => follower.once("close", resolve)), 0);
    assert.is(text, Array.from({ length: 3000 }, (_, index) => `line ${index + 1}\n`).join(""));
    control?.close();
    await until("it has ended", () => container.state().status === "exited");
  });
});

test("lines that are no records are passed over", async () => {
  await withStandIn({ command: "true" }, (container) => {
    const good = '{"log":"good\\n","stream":"stdout","time":"2026-11-21T03:21:57.000000005Z"}';
    writeFileSync(join(container.dir, "log"), `\n{"log":"half\n${good}\n{}\n${"x".repeat(600_000)}\n${good}\n${good.slice(0, 40)}`);
    assert.is(container.applet("logs").stdout.toString(), "good\ngood\n");
    assert.is(container.applet("logs", ["--tail", "1"]).stdout.toString(), "good\n");
  });
});

test.run();

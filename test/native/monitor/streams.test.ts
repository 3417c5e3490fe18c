// runs: beside others
import { closeSync, existsSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { connectControl } from "../../../core/monitor/control.ts";
import { frameTypes } from "../../../core/monitor/frame.ts";
import { readReport } from "../../../core/monitor/report.ts";
import { processStart } from "../../../core/monitor/state.ts";
import { flags, until, withStandIn } from "./program.ts";

test("input reaches the container whole, and its end too", async () => {
  await withStandIn({ command: "cat; echo done", flags: flags.stdin | flags.stdinOnce }, (container) => {
    const input = randomBytes(3_000_000);
    const result = container.run(input);
    assert.is(result.status, 0);
    assert.ok(Buffer.concat([input, Buffer.from("done\n")]).equals(result.stdout));
    assert.ok(container.applet("logs").stdout.equals(result.stdout), "the log gives the very bytes back");
  });
});

test("nothing is lost on a slow client, and the log is complete", async () => {
  await withStandIn({ command: "seq 1 200000" }, async (container) => {
    const monitor = container.start({ stdout: true });
    const client = container.appletInBackground("attach", ["--fd", "3", "--no-stdin"], monitor.fd);
    closeSync(monitor.fd);
    const pieces: Buffer[] = [];
    for await (const piece of client.stdout!) {
      pieces.push(piece as Buffer);
      if (pieces.length < 40) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const text = Buffer.concat(pieces).toString();
    assert.is(text.trimEnd().split("\n").length, 200000);
    assert.ok(text.endsWith("\n200000\n"));
    assert.is(container.applet("logs").stdout.toString(), text);
  });
});

test("a client that vanishes is forgotten", async () => {
  await withStandIn({ command: "seq 1 300000; exit 7" }, async (container) => {
    const monitor = container.start({ stdout: true });
    readReport(monitor);
    closeSync(monitor.fd); // with all of its output unread
    await until("the container has ended", () => container.state().status === "exited");
    assert.is(container.state().exitCode, 7);
    assert.is(container.applet("logs", ["--tail", "1"]).stdout.toString(), "300000\n");
  });
});

test("a client that is stuck delays the end by its patience, not for ever", async () => {
  await withStandIn({ command: "seq 1 300000" }, async (container) => {
    const monitor = container.start({ stdout: true });
    readReport(monitor);
    const control = await connectControl(container.dir);
    await control?.stop(9, 0);
    control?.close();
    await until("the container has ended", () => container.state().status === "exited");
    closeSync(monitor.fd);
  });
});

test("the command that began a run may take the output when it likes, long after the end", async () => {
  await withStandIn({ command: "seq 1 50000; exit 6" }, async (container) => {
    const monitor = container.start({ stdout: true });
    await until("there is a record", () => existsSync(join(container.dir, "state")));
    const { pid } = container.state();
    await until("the program has ended", () => processStart(pid) === undefined);
    await new Promise((resolve) => setTimeout(resolve, 700)); // more than the patience with others
    const { status, stdout } = container.applet("attach", ["--fd", "3", "--no-stdin"], { fd: monitor.fd });
    closeSync(monitor.fd);
    assert.is(status, 6);
    assert.ok(stdout.equals(Buffer.from(Array.from({ length: 50_000 }, (_, index) => `${index + 1}\n`).join(""))));
  });
});

test("several clients see the same output", async () => {
  await withStandIn({ command: "read x; seq 1 5000; echo $x", flags: flags.stdin }, async (container) => {
    container.startDetached();
    const clients = await Promise.all(Array.from({ length: 5 }, async () => await connectControl(container.dir)));
    const [last, ...first] = [...clients].reverse();
    for (const client of first) client?.subscribe({ stdout: true });
    for (const client of first) await client?.signal(0); // answered after the subscription
    last?.subscribe({ stdout: true });
    void last?.input(Buffer.from("go\n"));
    const outputs = await Promise.all(clients.map(async (client) => {
      let text = "";
      for await (const frame of client!.frames()) if (frame.type === frameTypes.stdout) text += frame.payload.toString();
      return text;
    }));
    for (const output of outputs) assert.is(output, outputs[0]);
    assert.ok(outputs[0]?.endsWith("5000\ngo\n"));
  });
});

test("wait-exit prints the code, also of a container that has just ended", async () => {
  await withStandIn({ command: "read x; exit 9", flags: flags.stdin | flags.stdinOnce }, async (container) => {
    container.startDetached();
    const waiter = container.appletInBackground("attach", ["--wait-exit"]);
    let printed = "";
    waiter.stdout!.on("data", (piece: Buffer) => (printed += piece.toString()));
    const control = await connectControl(container.dir);
    await control?.input(Buffer.from("x\n"));
    await new Promise((resolve) => waiter.once("close", resolve));
    assert.is(printed, "9\n");
    assert.is(container.applet("attach", ["--wait-exit"]).stdout.toString(), "9\n");
    control?.close();
  });
});

test("signals to the client go to the container, however much input is waiting", async () => {
  await withStandIn({ command: "trap 'exit 33' TERM; echo ready; while :; do sleep 0.01; done", flags: flags.stdin | flags.stdinOnce }, async (container) => {
    const monitor = container.start({ stdin: true, stdout: true, stderr: true });
    const client = container.appletInBackground("attach", ["--fd", "3"], monitor.fd);
    closeSync(monitor.fd);
    client.stdin!.on("error", () => undefined);
    client.stdin!.write(randomBytes(2_000_000)); // far more than the pipe to the container holds
    await new Promise((resolve) => client.stdout!.once("data", resolve));
    client.kill("SIGTERM");
    const code = await new Promise((resolve) => client.once("exit", resolve));
    assert.is(code, 33);
  });
});

test("the monitor's death is told", async () => {
  await withStandIn({ command: "echo ready; sleep 60" }, async (container) => {
    const monitor = container.start({ stdout: true });
    const client = container.appletInBackground("attach", ["--fd", "3", "--no-stdin"], monitor.fd);
    closeSync(monitor.fd);
    let said = "";
    client.stderr!.on("data", (piece: Buffer) => (said += piece.toString()));
    await new Promise((resolve) => client.stdout!.once("data", resolve));
    process.kill(container.state().monitorPid, "SIGKILL");
    assert.is(await new Promise((resolve) => client.once("close", resolve)), 125);
    assert.match(said, /^cala: the monitor of this container ended unexpectedly.*\n$/);
  });
});

test("output survives a full log disk", async () => {
  await withStandIn({ command: "echo seen; exit 2", log: "/dev/full" }, (container) => {
    const result = container.run();
    assert.is(result.stdout.toString(), "seen\n");
    assert.is(result.status, 2);
    assert.match(container.state().error, /lacks 5 bytes.*No space left/);
  });
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { connectionsOf, monitorOf } from "./harness/monitor.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "terminal");

const none = ["--network", "none"] as const;

test("run -it is a terminal of the caller's size that follows its changes", async () => {
  const pty = await cala.pty(["run", "--rm", "-it", ...none, "busybox", "sh", "-c", "tty; stty size; until stty size | grep -q '44 111'; do sleep 0.05; done; echo resized; read x; exit 3"], { rows: 33, columns: 99 });
  await pty.expect(/\/dev\/(pts\/0|console)/);
  await pty.expect(/33 99/);
  pty.resize(44, 111);
  await pty.expect(/resized/);
  pty.write("\r");
  assert.is(await pty.ended, 3);
});

test("control-C reaches the container's program, not the command line", async () => {
  const pty = await cala.pty(["run", "--rm", "-it", ...none, "busybox", "sh", "-c", "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.1; done"]);
  await pty.expect(/ready/);
  pty.write("\x03");
  await pty.expect(/caught/);
  assert.is(await pty.ended, 5);
});

test("control-P control-Q leaves the container running, attach comes back", async () => {
  const pty = await cala.pty(["run", "-it", "--name", "kept", ...none, "busybox", "sh"]);
  pty.write("echo one-$((1+1))\r");
  await pty.expect(/one-2/);
  pty.write("\x10\x11");
  assert.is(await pty.ended, 0);
  assert.is(await cala.ok(["inspect", "--format", "{{.State.Running}}", "kept"]), "true");
  const again = await cala.pty(["attach", "kept"]);
  again.write("echo two-$((1+1)); exit 6\r");
  await again.expect(/two-2/);
  assert.is(await again.ended, 6);
  await cala.ok(["rm", "kept"]);
});

test("closing the window does not end the container", async () => {
  const pty = await cala.pty(["run", "-it", "--name", "survivor", ...none, "busybox", "sh"]);
  pty.write("echo up-$((1+1))\r");
  await pty.expect(/up-2/);
  pty.hangUp();
  await pty.ended.catch(() => {});
  assert.is(await cala.ok(["inspect", "--format", "{{.State.Running}}", "survivor"]), "true");
  await cala.ok(["rm", "-f", "-t", "0", "survivor"]);
});

test("exec -it has a terminal of its own", async () => {
  await cala.ok(["run", "-d", "--name", "host", ...none, "busybox", "sleep", "100"]);
  const pty = await cala.pty(["exec", "-it", "host", "sh", "-c", "until stty size | grep '20 70'; do sleep 0.05; done; exit 8"], { rows: 20, columns: 70 });
  await pty.expect(/20 70/);
  assert.is(await pty.ended, 8);
  await cala.ok(["rm", "-f", "-t", "0", "host"]);
});

test("the first instruction sees the caller's size, and -t alone follows it", async () => {
  for (const options of [["-it"], ["-t"], ["-it"], ["-t"]]) {
    const pty = await cala.pty(["run", "--rm", ...options, ...none, "busybox", "payload"], { rows: 31, columns: 97 });
    await pty.expect(/"rows":31,\s*"columns":97/);
    assert.is(await pty.ended, 0);
  }
  const pty = await cala.pty(["run", "--rm", "-t", ...none, "busybox", "sh", "-c", "echo up; until stty size | grep '44 111'; do sleep 0.05; done; exit 3"]);
  await pty.expect(/up/);
  pty.resize(44, 111);
  assert.is(await pty.ended, 3);
});

test("control-C ends run -t and exec -t, which do not read the keyboard", async () => {
  const pty = await cala.pty(["run", "-t", "--name", "deaf", ...none, "busybox", "sh", "-c", "trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.1; done"]);
  await pty.expect(/ready/);
  const other = await cala.pty(["exec", "-t", "deaf", "sh", "-c", "echo ready; sleep 100"]);
  await other.expect(/ready/);
  other.write("\x03");
  assert.is(await other.ended, 130);
  pty.write("\x03");
  assert.is(await pty.ended, 5);
  await cala.ok(["rm", "deaf"]);
});

test("two clients see and type the same, and one that is killed harms neither the other nor the container", async () => {
  await cala.ok(["run", "-d", "-it", "--name", "shared", ...none, "busybox", "sh"]);
  const [one, other] = [await cala.pty(["attach", "shared"]), await cala.pty(["attach", "shared"])];
  const monitor = await monitorOf(cala, "shared");
  await waitFor("both clients", () => connectionsOf(monitor) === 4);
  one.write("echo one-$((1+1))\r");
  await Promise.all([one.expect(/one-2/), other.expect(/one-2/)]);
  other.write("echo other-$((1+1))\r");
  await Promise.all([one.expect(/other-2/), other.expect(/other-2/)]);
  other.hangUp();
  await other.ended.catch(() => {});
  one.write("echo alone-$((1+1)); exit 7\r");
  await one.expect(/alone-2/);
  assert.is(await one.ended, 7);
  await cala.ok(["rm", "shared"]);
});

test("the detach keys of exec leave its program running; --detach-keys changes them, also to none", async () => {
  await cala.ok(["run", "-d", "--name", "host", ...none, "busybox", "sleep", "100"]);
  const pty = await cala.pty(["exec", "-it", "--detach-keys", "ctrl-a,d", "host", "sh", "-c", "echo ready; read line; echo $line > /line; sleep 100"]);
  await pty.expect(/ready/);
  pty.write("\x10\x11typed\r");
  // The terminal itself takes control-Q: it means "go on".
  await waitFor("the line", async () => (await cala.run(["exec", "host", "cat", "/line"])).stdout === "\x10typed\n");
  pty.write("\x01d");
  assert.is(await pty.ended, 0);
  await waitFor("its next program", async () => /sleep 100[^]*sleep 100/.test(await cala.ok(["exec", "host", "ps"])));
  const deaf = await cala.pty(["exec", "-it", "--detach-keys", "", "host", "sh", "-c", "echo ready; read line; exit 9"]);
  await deaf.expect(/ready/);
  deaf.write("\x10\x11\r");
  assert.is(await deaf.ended, 9);
  const wrong = await cala.fails(["run", "--name", "never", "--detach-keys", "ctrl-1", ...none, "busybox", "true"]);
  assert.is(wrong.code, 125);
  assert.match(wrong.stderr, /ctrl-1/);
  assert.is(await cala.ok(["ps", "-aq", "--filter", "name=never"]), "");
  await cala.ok(["rm", "-f", "-t", "0", "host"]);
});

test("exec without -t has no terminal, however many the caller has", async () => {
  await cala.ok(["run", "-d", "--name", "host", ...none, "busybox", "sleep", "100"]);
  const pty = await cala.pty(["exec", "-i", "host", "sh", "-c", "for fd in 0 1 2; do test -t $fd && echo terminal; done; echo ready; read line; echo got $line >&2; exit 6"]);
  await pty.expect(/ready/);
  pty.write("typed\r");
  await pty.expect(/got typed/);
  assert.is(await pty.ended, 6);
  assert.not.match(pty.output(), /terminal/);
  await cala.ok(["rm", "-f", "-t", "0", "host"]);
});

test("what is piped into a terminal ends there, too", async () => {
  const whole = await cala.run(["run", "--rm", "-it", ...none, "busybox", "sh", "-c", "stty -echo; cat; exit 4"], { input: "a line\n" });
  assert.is(whole.code, 4);
  assert.match(whole.stdout, /a line\r\n/);
  const part = await cala.run(["run", "--rm", "-it", ...none, "busybox", "cat"], { input: "no end of line" });
  assert.match(part.stdout, /no end of line/);
});

test("-t without a terminal on the caller's side works, -it there says what is wrong or works", async () => {
  const run = await cala.run(["run", "--rm", "-t", ...none, "busybox", "sh", "-c", "test -t 1 && echo terminal"]);
  assert.match(run.stdout, /terminal\r?\n/);
});

test("the caller's terminal is as before when the container ends or is killed", async () => {
  const pty = await cala.pty(["run", "--rm", "-it", "--name", "raw", ...none, "busybox", "sh", "-c", "echo up; sleep 100"]);
  await pty.expect(/up/);
  await cala.ok(["kill", "raw"]);
  assert.is(await pty.ended, 137);
});

test("-d -it keeps a shell waiting for its first client", async () => {
  await cala.ok(["run", "-d", "-it", "--name", "waiting", ...none, "busybox", "sh"]);
  await waitFor("the shell", async () => (await cala.ok(["inspect", "--format", "{{.State.Status}}", "waiting"])) === "running");
  const pty = await cala.pty(["attach", "waiting"]);
  pty.write("exit 4\r");
  assert.is(await pty.ended, 4);
  await cala.ok(["rm", "waiting"]);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
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

// runs: beside others
import { test } from "uvu";
import * as assert from "uvu/assert";
import { processStart } from "../../../core/monitor/state.ts";
import { startPty } from "./pty.ts";
import { waitFor } from "./wait-for.ts";

test("a program on a terminal sees its size, changes of it, and input", async () => {
  const pty = await startPty(["sh", "-c", "stty size; read line; echo got $line; stty size; exit 7"], { rows: 33, columns: 77 });
  await pty.expect(/^33 77$/m);
  pty.resize(50, 120);
  pty.write("hello\n");
  await pty.expect(/^got hello$/m);
  await pty.expect(/^50 120$/m);
  assert.is(await pty.ended, 7);
});

test("hanging up ends what runs on the terminal", async () => {
  const pty = await startPty(["sh", "-c", "echo pid $$; exec sleep 60"]);
  const pid = Number((await pty.expect(/pid (\d+)/))[1]);
  pty.hangUp();
  await pty.ended;
  await waitFor("its end", () => processStart(pid) === undefined);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { makeContext } from "../../cli/context.ts";
import type { GlobalValues } from "../../cli/globals.ts";
import { memorySink } from "../../cli/output/sink.ts";

const globals = { storageDriver: "vfs", debug: false, version: false, logLevel: "warn" } as unknown as GlobalValues;

test("the engine is opened once, with the environment and the driver of this call", () => {
  const made = makeContext({ globals, words: ["x"], argv: ["x"], env: { CALA_ROOT: "/somewhere" }, out: memorySink(), err: memorySink() });
  assert.is(made.engine, made.engine);
  assert.is(made.engine.storageDriver, "vfs");
  assert.is(made.engine.dirs.data, "/somewhere/data");
});

test("a notice of the engine is a warning on standard error", () => {
  const err = memorySink();
  makeContext({ globals, words: ["x"], argv: ["x"], env: { CALA_ROOT: "/somewhere" }, out: memorySink(), err }).engine.notice("no memory limit here");
  assert.is(err.text(), "WARN no memory limit here\n");
});

test("signals are left alone until a command asks for them, then abort it", async () => {
  const before = process.listenerCount("SIGINT");
  const interruption = { signalNumber: 0 };
  const made = makeContext({ globals, words: ["x"], argv: ["x"], env: {}, out: memorySink(), err: memorySink() }, interruption);
  assert.is(process.listenerCount("SIGINT"), before);
  const aborted = new Promise<void>((resolve) => made.signal.addEventListener("abort", () => resolve()));
  assert.is(process.listenerCount("SIGINT"), before + 1);
  // A listener alone does not keep the process alive while the signal is on its way.
  const alive = setInterval(() => undefined, 1000);
  process.kill(process.pid, "SIGINT");
  await aborted;
  clearInterval(alive);
  assert.is(interruption.signalNumber, 2);
});

test.run();

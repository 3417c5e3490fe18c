/** A plain stop asks the monitor without Node. Nobody may be able to tell. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "stop-shortcut");

/** Node is not there to be run. */
const native = { CALA_NODE: "/bin/false" };
const throughNode = { CALA_NO_SHORTCUT: "1" };
const obedient = ["sh", "-c", "trap 'exit 7' TERM; touch /ready; while :; do sleep 1000 & wait; done"];

async function startObedient(name: string, ...options: readonly string[]): Promise<string> {
  const id = await cala.ok(["run", "-d", "--name", name, "--network", "none", ...options, "busybox", ...obedient]);
  await cala.ok(["exec", name, "sh", "-c", "while [ ! -e /ready ]; do sleep 0.01; done"]);
  return id;
}

for (const [what, words] of [["by name", ["stop", "one"]], ["by id, as container stop", ["container", "stop"]]] as const) {
  test(`it stops a container ${what}, waits for its end and prints what was typed`, async () => {
    for (const env of [native, throughNode]) {
      const id = await startObedient("one");
      const typed = words.length === 2 && words[0] === "stop" ? "one" : id;
      assert.is(await cala.ok(words[0] === "stop" ? [...words] : [...words, typed], { env }), typed);
      assert.is(await cala.ok(["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", "one"]), "exited 7");
      await cala.ok(["rm", "one"]);
    }
  });
}

test("a container with --rm is gone when it returns", async () => {
  await startObedient("passing", "--rm");
  await cala.ok(["stop", "passing"], { env: native });
  assert.is(await cala.ok(["ps", "-a", "-q"]), "");
});

test("the container's own time until SIGKILL holds, and no restart follows", async () => {
  await cala.ok(["run", "-d", "--name", "deaf", "--stop-timeout", "1", "--restart", "always", "--network", "none", "busybox", "sh", "-c", "trap '' TERM; while :; do sleep 1000; done"]);
  await cala.ok(["stop", "deaf"], { env: native });
  assert.is(await cala.ok(["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", "deaf"]), "exited 137");
  await cala.ok(["rm", "deaf"]);
});

test("what does not run, is paused or is not there is Node's to answer, with the same words", async () => {
  await startObedient("held");
  await cala.ok(["pause", "held"]);
  for (const name of ["held", "stranger"]) {
    const [direct, asked] = [await cala.fails(["stop", name]), await cala.fails(["stop", name], { env: throughNode })];
    assert.equal([direct.code, direct.stdout, direct.stderr], [asked.code, asked.stdout, asked.stderr], name);
  }
  await cala.ok(["unpause", "held"]);
  await cala.ok(["stop", "held"]);
  assert.is(await cala.ok(["stop", "held"]), "held");
  assert.is((await cala.run(["stop", "held"], { env: native })).code, 1);
  await cala.ok(["rm", "held"]);
});

test.run();

/** Descriptors of the caller's reach a program in a container (--preserve-fds, --preserve-fd). */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { run } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "preserve-fds");
const program = process.env["CALA_TEST_PROGRAM"] ?? join(cala.root, "bin", "cala");
const given = join(cala.home, "given"), written = join(cala.home, "written");
writeFileSync(given, "from the caller\n");
await cala.ok(["run", "-d", "--name", "target", "--network", "none", "busybox", "sleep", "1000"]);
test.after.each(() => writeFileSync(written, ""));

/** A command line of cala with redirections of a shell. */
const redirected = async (words: string, redirections: string): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> =>
  await run("sh", ["-c", `${program} ${words} ${redirections}`], { env: cala.env, cwd: cala.home });

for (const [kind, words] of [["run", "run --rm --network none"], ["exec", "exec"], ["exec with a user", "exec -u 1000"]] as const) {
  const target = kind === "run" ? "busybox" : "target";

  test(`${kind} --preserve-fds hands on what is open from 3 on`, async () => {
    const ended = await redirected(`${words} --preserve-fds 2 ${target} sh -c 'cat <&3; echo back >&4'`, `3<${given} 4>${written}`);
    assert.equal([ended.code, ended.stdout, ended.stderr], [0, "from the caller\n", ""]);
    assert.is(readFileSync(written, "utf8"), "back\n");
  });

  test(`${kind} --preserve-fd hands on the descriptors that are named, and nothing else`, async () => {
    const ended = await redirected(`${words} --preserve-fd 5,7 ${target} sh -c 'cat <&7; echo five >&5; for n in 3 4 5 6 7 8; do [ ! -e /proc/$$/fd/$n ] || open="$open $n"; done; echo $open'`, `3<${given} 4<${given} 5>${written} 6<${given} 7<${given}`);
    assert.equal([ended.code, ended.stdout, ended.stderr], [0, "from the caller\n5 7\n", ""]);
    assert.is(readFileSync(written, "utf8"), "five\n");
  });

  test(`${kind} refuses descriptors that are not open`, async () => {
    const ended = await redirected(`${words} --preserve-fd 900 ${target} true`, "");
    assert.equal([ended.code, /descriptor 900 cannot be handed on: it is not open/.test(ended.stderr)], [125, true]);
    assert.match((await redirected(`${words} --preserve-fd 2 ${target} true`, "")).stderr, /no descriptor from 3 on/);
  });
}

test("a pipe that was handed to an exec ends with the program", async () => {
  const ended = await redirected("exec --preserve-fds 1 target sh -c 'echo through >&3'", "3>&1 | cat");
  assert.equal([ended.stdout, ended.stderr], ["through\n", ""]);
  const alone = await redirected("exec -d --preserve-fds 1 target sh -c 'echo behind >&3'", "3>&1 | cat");
  assert.equal([alone.stdout, alone.stderr], ["behind\n", ""]);
});

test("the containers go", async () => {
  await cala.ok(["rm", "-f", "-t", "0", "target"]);
});

test.run();

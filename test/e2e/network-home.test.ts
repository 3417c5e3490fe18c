/** A home on a network file system: no locks, no extended attributes (test/fixtures/poor-files.c makes it so). */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { fixtureProgram } from "./harness/programs.ts";
import { run, type Finished } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "nfs", ["busybox", "configured"]);
const poor = await fixtureProgram("poor-files");
const root = join(cala.root, "far");
const env: NodeJS.ProcessEnv = { ...cala.env, CALA_ROOT: root, PATH: `${join(cala.root, "bin")}:${cala.env["PATH"] ?? ""}` };
needs("listeners of seccomp (Linux 5.9)", (await run(poor, [root, "true"], { env, cwd: cala.home })).code === 0);

/** A script whose locks below the root are refused. */
async function far(script: string, changes: NodeJS.ProcessEnv = {}): Promise<Finished> {
  return await run(poor, [root, "sh", "-c", script], { env: { ...env, ...changes }, cwd: cala.home, timeoutMs: 180_000 });
}

test("the fault is real: a lock is refused there, and nowhere else", async () => {
  const script = `mkdir -p ${root}; for place in ${root} ${cala.home}; do flock -n $place/file true 2>&1 | grep -o 'No locks available'; echo $?; done`;
  assert.is((await far(script)).stdout, "No locks available\n0\n1\n");
});

test("containers, volumes, further processes and removals work all the same, and owners are as set", async () => {
  const done = await far([
    "cala run --rm --network none busybox sh -c 'touch /a; chown 5:6 /a; stat -c %u:%g /a'", "cala run -d --name far --network none -v filled:/home/app --entrypoint sleep configured 1000 >/dev/null", "cala exec far id -u",
    "cala ps --format '{{.Names}} {{.Status}}' | cut -c1-6", "cala restart -t 0 far", "cala stop -t 0 far", "cala rm far", "cala volume rm filled", "cala rmi configured >/dev/null", "cala ps -aq",
  ].join("; "));
  assert.is(done.stdout, "5:6\n1000\nfar Up\nfar\nfar\nfar\nfilled\n", done.stderr);
  assert.not.match(done.stderr, /Error/);
  assert.ok(readdirSync(join(env["XDG_RUNTIME_DIR"] ?? "", "cala-locks")).length > 0);
});

test("what locks are for still holds: of many starts of one container one is made, and removals wait for creations", async () => {
  const done = await far([
    "cala create --name once --network none busybox sleep 1000 >/dev/null", "for i in 1 2 3 4 5; do cala start once >/dev/null 2>&1 & done", "wait", "cala exec once ps | grep -c 'sleep 1000'",
    "for i in 1 2 3; do cala run --rm --network none busybox true & cala image prune -f >/dev/null & done", "wait", "cala rm -f -t 0 once",
  ].join("; "));
  assert.is(done.stdout, "1\nonce\n", done.stderr);
  assert.not.match(done.stderr, /Error/);
});

test("where no local directory is there either, the error says what to set", async () => {
  const done = await far("cala run --rm busybox true", { XDG_RUNTIME_DIR: undefined });
  assert.is(done.code, 125);
  assert.match(done.stderr, /has no locks/);
  assert.match(done.stderr, /Hint: set XDG_RUNTIME_DIR/);
  assert.not.ok(existsSync(join(root, "data/containers/x")));
});

test.run();

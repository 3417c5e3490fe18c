/**
 * A home on a network file system: no locks, no extended attributes (test/fixtures/poor-files.c makes it so); and one whose server gives no file
 * away: fuse-overlayfs run by an ordinary user, outside of any namespace, refuses what an NFS server refuses him.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { needs } from "../runner/skip.ts";
import { fixtureProgram } from "./harness/programs.ts";
import { run, type Finished } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

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

/** A directory of the file system that refuses owners; unmounted when the work is done. */
async function onServer<T>(work: (place: string) => Promise<T>): Promise<T> {
  const [below, place] = [join(cala.root, "server"), join(cala.root, "mounted")];
  for (const dir of [place, ...["lower", "upper", "work"].map((name) => join(below, name))]) mkdirSync(dir, { recursive: true });
  needs("FUSE and fusermount3", existsSync("/dev/fuse") && (await run("sh", ["-c", "command -v fuse-overlayfs fusermount3"], { env, cwd: cala.home })).code === 0);
  const server = spawn("fuse-overlayfs", ["-f", "-o", `lowerdir=${below}/lower,upperdir=${below}/upper,workdir=${below}/work`, place], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => server.once("close", resolve));
  const isMounted = (): boolean => statSync(place).dev !== statSync(below).dev;
  await waitFor("the mount, or the end of its server", () => isMounted() || server.exitCode !== null, 30_000);
  needs("FUSE mounts by users", isMounted());
  try {
    return await work(place);
  } finally {
    await waitFor("the end of who uses it", async () => (await run("fusermount3", ["-u", place], { env, cwd: cala.home })).code === 0, 30_000);
    // It unmounts once more, by a program of root's.
    await ended;
  }
}

test("where the server refuses files of other owners, containers have a single id with owners as set; that is said once, with what mends it", async () => {
  await onServer(async (place) => {
    const where = { env: { ...env, CALA_ROOT: join(place, "root") }, cwd: cala.home, timeoutMs: 180_000 };
    const refused = await run("sh", ["-c", `mkdir $CALA_ROOT; touch $CALA_ROOT/file; chown 1 $CALA_ROOT/file 2>&1 | grep -o 'not permitted'`], where);
    assert.is(refused.stdout, "not permitted\n", "the fault is real");
    const done = await run("sh", ["-c", [
      "cala run --rm --network none busybox sh -c 'touch /a; chown 5:6 /a; stat -c %u:%g /a'", "cala run --name far -d --network none -v filled:/home/app --entrypoint sleep configured 1000 >/dev/null",
      "cala exec far id -u", "cala exec --user 0 far sh -c 'touch /home/app/b; chown 7:8 /home/app/b; stat -c %u:%g /home/app/b'", "cala restart -t 0 far", "cala rm -f -t 0 far", "cala volume rm filled",
    ].join("; ")], where);
    assert.is(done.stdout, "5:6\n1000\n7:8\nfar\nfar\nfilled\n", done.stderr);
    const warnings = done.stderr.split("\n").filter((line) => line.includes("single user id"));
    assert.is(warnings.length, 1, done.stderr);
    assert.match(warnings[0] ?? "", /file system of ".*mounted\/root\/data" refuses files of other owners.*set CALA_ROOT/);
    const info = JSON.parse((await run("cala", ["info", "--format", "json"], where)).stdout) as { host: { missing: readonly { name: string; fix: string }[] } };
    assert.match(info.host.missing.find(({ name }) => name === "subordinate ids")?.fix ?? "", /CALA_ROOT/);
  });
});

test.run();

import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hide, onHost as runOnHost } from "./harness/bad-host.ts";
import { processLeaks } from "./harness/leaks.ts";
import { run, type Finished } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "bad-host");
const onHost = async (prepare: string, script: string, env: NodeJS.ProcessEnv): Promise<Finished> => await runOnHost(prepare, script, { env, cwd: cala.home });
const none = ["run", "--rm", "--network", "none"] as const;

const program = join(cala.root, "bin/cala");

for (const [what, value] of [["unset", undefined], ["empty", ""], ["relative", "run"], ["a directory that is not there", "/no/such/dir"], ["not ours", "/"]] as const) {
  test(`XDG_RUNTIME_DIR ${what}: containers run`, async () => {
    assert.is(await cala.ok([...none, "busybox", "echo", "x"], { env: { XDG_RUNTIME_DIR: value } }), "x");
  });
}

test("XDG_RUNTIME_DIR that cannot be written to, without CALA_ROOT: containers run", async () => {
  const locked = join(cala.home, "locked");
  mkdirSync(locked, { mode: 0o500 });
  const out = await cala.run([...none, "busybox", "echo", "x"], {
    env: { XDG_RUNTIME_DIR: locked, CALA_ROOT: undefined, XDG_DATA_HOME: join(cala.home, "d"), XDG_STATE_HOME: join(cala.home, "s"), XDG_CACHE_HOME: join(cala.home, "c"), XDG_CONFIG_HOME: join(cala.home, "k") },
  });
  chmodSync(locked, 0o700);
  assert.is(out.stdout, "x\n", out.stderr);
});

test("a root with a path longer than a socket's 107 bytes works, attach included", async () => {
  const root = join(cala.root, "long", "d".repeat(80), "e".repeat(80));
  mkdirSync(root, { recursive: true });
  const env = { CALA_ROOT: root };
  await cala.ok(["run", "-d", "-i", "--name", "deep", "--network", "none", "busybox", "sh", "-c", "read x; echo got $x"], { env });
  const attached = await cala.run(["attach", "deep"], { env, input: "y\n" });
  assert.match(attached.stdout, /got y/);
  await cala.ok(["rm", "-f", "-t", "0", "deep"], { env });
  const erased = await run("unshare", ["--user", "--map-auto", "--map-root-user", "rm", "-rf", join(cala.root, "long")]);
  assert.is(erased.code, 0);
});

test("without newuidmap a container runs with a single id, said once in one line", async () => {
  const words = `${program} ${none.join(" ")} busybox id -u`;
  const env = { ...cala.env, CALA_ROOT: join(cala.root, "single") };
  const done = await onHost(hide("newuidmap", "newgidmap"), `${words}; echo code $?; echo second >&2; ${words}`, env);
  assert.is(done.stdout, "0\ncode 0\n0\n", done.stderr);
  const [first = "", second = ""] = done.stderr.split("second\n");
  assert.is(first.split("\n").filter((line) => /single.*newuidmap.*uidmap/.test(line)).length, 1, first);
  assert.is(second, "");
});

test("where parts of /proc are covered, as in containers of other engines, the error says which, and what the container around needs", async () => {
  const done = await onHost("mount --bind /proc/sys /proc/sys; mount --bind /dev/null /proc/keys", `${program} ${none.join(" ")} busybox true; echo code $?`, cala.env);
  assert.is(done.stdout, "code 125\n");
  assert.match(done.stderr, /the kernel gives no new \/proc, for parts of the present one are covered: \/proc\/sys, \/proc\/keys\nHint: .*--security-opt unmask=ALL/);
});

test("without pasta and slirp4netns a container has no network, which is said with the package's name", async () => {
  const done = await onHost(hide("pasta", "pasta.avx2", "passt", "slirp4netns"), `${program} run --rm busybox ls /sys/class/net; ${program} run --rm --network pasta busybox true; echo code $?`, cala.env);
  assert.is(done.stdout, "lo\ncode 125\n", done.stderr);
  assert.match(done.stderr, /WARN .*no network.*install .*passt/);
  assert.match(done.stderr, /Error: .*"pasta"/);
});

test("without overlay mounts and fuse-overlayfs containers run on copies, said once in one line", async () => {
  const root = join(cala.root, "copies");
  // An overlay cannot serve as the upper layer of another: it refuses to hold whiteouts.
  const onOverlay = `mkdir -p ${root}; mount -t tmpfs tmpfs ${root}; cd ${root}; mkdir -m 777 lower upper work merged; mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work overlay merged`;
  const words = `${program} ${none.join(" ")} busybox sh -c "rm /bin/ls; echo x > /bin/new; cat /bin/new; test -e /bin/ls || echo gone"`;
  const done = await onHost(`${hide("fuse-overlayfs")}; ${onOverlay}`, `${words}; echo second >&2; ${words}`, { ...cala.env, CALA_ROOT: join(root, "merged") });
  assert.is(done.stdout, "x\ngone\nx\ngone\n", done.stderr);
  const [first = "", second = ""] = done.stderr.split("second\n");
  assert.is(first.split("\n").filter((line) => /vfs/.test(line)).length, 1, first);
  assert.not.match(second, /vfs|WARN/);
});

test("a store on a full disk: one clear error, and the store works again when there is room", async () => {
  const small = join(cala.root, "small");
  const left = `echo left $(ls ${small}/data/images ${small}/data/layers 2>/dev/null | grep -c '^[0-9a-f]')`;
  const done = await onHost(
    `mkdir -p ${small}; mount -t tmpfs -o size=600k,mode=777 tmpfs ${small}`,
    `${program} pull -q busybox; echo code $?; ${program} system check >/dev/null && ${program} image prune -f; ${left}; head -c 1m /dev/zero > ${small}/filler; ${program} volume create v; echo code $?; rm ${small}/filler; ${program} volume create v`,
    { ...cala.env, CALA_ROOT: small },
  );
  // A layer that was complete may stay for the next pull; what the hint says removes it.
  assert.match(done.stdout, /^code 125\nleft 0\ncode 125\nv\n$/, `${done.stdout}${done.stderr}`);
  assert.match(done.stderr, /there is no space left on the disk for cala's data\nHint: cala image prune$/m);
  assert.match(done.stderr, /^Error: .*no space left/im, done.stderr);
});

test("a volume that could not be filled for lack of room is filled at the next start", async () => {
  const small = join(cala.root, "room");
  const words = `${program} ${none.join(" ")} -v new:/bin busybox sh -c "ls /bin | wc -l; test -s /bin/payload"`;
  const done = await onHost(
    `mkdir -p ${small}; mount -t tmpfs -o size=40m,mode=777 tmpfs ${small}`,
    `${program} pull -q busybox; head -c 100m /dev/zero > ${small}/filler; truncate -s -1000000 ${small}/filler; ${words}; echo code $?; rm ${small}/filler; ${words}; echo code $?; ${program} ${none.join(" ")} busybox sh -c "ls /bin | wc -l"`,
    { ...cala.env, CALA_ROOT: small },
  );
  assert.match(done.stdout, /\ncode 12[567]\n(\d+)\ncode 0\n\1\n$/, `${done.stdout}${done.stderr}`);
  assert.match(done.stderr, /no space left/);
});

test("a damaged record is one error and does not stop the others", async () => {
  await cala.ok(["create", "--name", "sound", "--network", "none", "busybox", "true"]);
  const id = await cala.ok(["create", "--name", "damaged", "--network", "none", "busybox", "true"]);
  writeFileSync(join(cala.root, "data/containers", id, "record.json"), "{ not json");
  const listed = await cala.run(["ps", "-a", "--format", "{{.Names}}"]);
  assert.is(listed.stdout, "sound\n");
  assert.match(listed.stderr, new RegExp(`^WARN .*${id.slice(0, 12)}.*damaged.*cala rm --force ${id.slice(0, 12)}.*\n$`));
  const started = await cala.fails(["start", "damaged"]);
  assert.match(started.stderr, /damaged\nHint: cala rm --force/);
  assert.is((await cala.fails(["rm", "damaged"])).code, 125);
  assert.is(await cala.ok(["rm", "-f", "damaged"]), "damaged");
  assert.is((await cala.run(["ps", "-a"])).stderr, "");
  await cala.ok(["rm", "sound"]);
});

test("a running container whose record is damaged ends with rm --force --all", async () => {
  const id = await cala.ok(["run", "-d", "--name", "damaged", "--network", "none", "busybox", "sleep", "100"]);
  writeFileSync(join(cala.root, "data/containers", id, "record.json"), "null");
  assert.is(await cala.ok(["rm", "--force", "--all"]), id);
  await waitFor("the end of its monitor", () => processLeaks(join(cala.root, "data/containers", id), new Set()).length === 0);
});

test.run();

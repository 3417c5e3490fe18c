/** Snapshot, fork and rollback of containers' files. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { waitFor } from "./harness/wait-for.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "snapshots", ["busybox"]);
const create = async (name: string, script: string): Promise<string> => await cala.ok(["create", "--name", name, "--network", "none", "-v", "/vol", "busybox", "sh", "-c", script]);
const stored = (): string[] => (existsSync(join(cala.root, "data/snapshots")) ? readdirSync(join(cala.root, "data/snapshots")) : []);

/** Runs a script in a container that was created to run whatever `/vol/../script` says. */
const runner = "[ -e /script ] && sh /script; true";
async function act(name: string, script: string): Promise<string> {
  const file = join(cala.home, "script");
  writeFileSync(file, `rm /script\n${script}\n`);
  await cala.ok(["cp", file, `${name}:/script`]);
  return await cala.ok(["start", "-a", name]);
}

const look = "for f in /one /two /three; do [ -e $f ] && cat $f; done; [ -e /bin/ls ] && echo ls; [ -e /tmp/old ] && echo old; stat -c %s /sparse";

test("rollback restores contents, removals and directories as they were, again and again", async () => {
  await create("state", runner);
  await act("state", "echo 1 > /one; echo o > /tmp/old; rm /bin/ls; dd if=/dev/zero of=/sparse bs=1M seek=5119 count=1 2>/dev/null; chown 1000:1000 /one");
  assert.is(await cala.ok(["container", "snapshot", "state", "first"]), "first");
  await act("state", "echo 2 > /two; echo changed > /one; rm -rf /tmp; mkdir /tmp; echo smaller > /sparse");
  assert.is(await cala.ok(["container", "snapshot", "state"]), "snapshot-2");
  await act("state", "rm /one /two; echo 3 > /three");
  assert.equal((await act("state", look)).split("\n"), ["3", "8"]);
  await cala.ok(["container", "rollback", "state", "first"]);
  assert.equal((await act("state", `${look}; stat -c %u:%g /one`)).split("\n"), ["1", "old", "5368709120", "1000:1000"]);
  await cala.ok(["container", "rollback", "state", "snapshot-2"]);
  assert.equal((await act("state", look)).split("\n"), ["changed", "2", "8"]);
  assert.is(await cala.ok(["container", "snapshots", "-q", "state"]), "first\nsnapshot-2");
  const changed = await cala.ok(["diff", "state"]);
  assert.match(changed, /^D \/bin\/ls$/m);
});

test("forks share what they have, and then go ways of their own", async () => {
  await create("origin", runner);
  await act("origin", "echo 1 > /one; echo v > /vol/v; rm /bin/ls");
  await cala.ok(["container", "fork", "origin", "left"]);
  await cala.ok(["container", "fork", "origin", "right"]);
  await act("left", "echo left > /one");
  await act("right", "rm /one; echo 2 > /two; mkdir /bin/ls.d");
  assert.equal((await act("left", look.replace("stat -c %s /sparse", "true"))).split("\n"), ["left"]);
  assert.equal((await act("right", look.replace("stat -c %s /sparse", "ls /vol"))).split("\n").filter((line) => !/not found/.test(line)), ["2"]);
  assert.equal((await act("origin", look.replace("stat -c %s /sparse", "cat /vol/v"))).split("\n"), ["1", "v"]);
  await cala.ok(["rm", "origin"]);
  assert.equal((await act("left", "cat /one; [ -e /bin/ls ] || echo gone")).split("\n"), ["left", "gone"]);
  await cala.ok(["rm", "left", "right"]);
});

test("what no container names any more is removed", async () => {
  await cala.ok(["rm", "-v", "state"]);
  assert.equal(stored(), []);
  await create("kept", runner);
  await act("kept", "echo 1 > /one");
  await cala.ok(["container", "snapshot", "kept", "a"]);
  await act("kept", "echo 2 > /one");
  await cala.ok(["container", "snapshot", "kept", "b"]);
  await cala.ok(["container", "rollback", "kept", "a"]);
  assert.is(stored().length, 2);
  await cala.ok(["container", "snapshot", "--rm", "kept", "b"]);
  assert.is(stored().length, 1);
  assert.is(await act("kept", "cat /one"), "1");
});

test("a running container, an unknown or doubled name and a driver without layers are refused with a hint", async () => {
  await cala.ok(["run", "-d", "--name", "busy", "--network", "none", "busybox", "sleep", "1000"]);
  for (const words of [["snapshot", "busy"], ["fork", "busy", "other"], ["rollback", "busy", "x"]]) assert.match((await cala.fails(["container", ...words])).stderr, /running[^]*cala stop busy/);
  assert.match((await cala.fails(["container", "snapshot", "kept", "a"])).stderr, /already/);
  assert.match((await cala.fails(["container", "rollback", "kept", "nothing"])).stderr, /no snapshot "nothing"/);
  assert.match((await cala.fails(["container", "snapshot", "kept", "no/name"])).stderr, /invalid snapshot name/);
  await cala.ok(["create", "--name", "copied", "--network", "none", "busybox"], { env: { CALA_STORAGE_DRIVER: "vfs" } });
  assert.match((await cala.fails(["container", "snapshot", "copied"])).stderr, /vfs/);
});

test("ids of one's own go with a fork, unless they are handed out anew", async () => {
  await cala.ok(["create", "--name", "mine", "--network", "none", "--userns", "keep-id:uid=1000,gid=1000", "busybox", "sh", "-c", "touch /tmp/made; stat -c %u:%g /tmp/*"]);
  await cala.ok(["start", "-a", "mine"]);
  await cala.ok(["container", "fork", "mine", "mine-too"]);
  assert.is(await cala.ok(["start", "-a", "mine-too"]), "1000:1000");
  await cala.ok(["commit", "mine-too", "made-by-1000"]);
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "made-by-1000", "stat", "-c", "%u:%g", "/tmp/made"]), "1000:1000");
  await cala.ok(["create", "--name", "automatic", "--network", "none", "--userns", "auto", "busybox", "true"]);
  assert.match((await cala.fails(["container", "fork", "automatic", "other"])).stderr, /--userns=auto/);
});

test("killed at any moment, a snapshot or rollback leaves the container as before or after it", async () => {
  await create("killed", runner);
  await act("killed", "echo 0 > /one");
  await cala.ok(["container", "snapshot", "killed", "zero"]);
  for (let round = 1; round <= 6; round += 1) {
    await act("killed", `echo ${round} > /one`);
    const child = cala.start(round % 2 === 0 ? ["container", "rollback", "killed", "zero"] : ["container", "snapshot", "killed", `r${round}`]);
    const ended = new Promise((resolve) => child.once("close", resolve));
    setTimeout(() => child.kill("SIGKILL"), 60 + round * 25);
    await ended;
    await waitFor("a container that is usable", async () => (await cala.run(["container", "snapshots", "killed"])).code === 0, 30_000);
    assert.ok([String(round), "0"].includes(await act("killed", "cat /one")), `round ${round}`);
    await cala.ok(["container", "snapshot", "killed", `after-${round}`]);
  }
  await cala.ok(["rm", "-f", "-v", "killed"]);
});

test.run();

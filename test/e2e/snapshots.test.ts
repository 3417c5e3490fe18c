/** Snapshot, fork and rollback of containers' files. */
import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { entriesOf } from "./harness/leaks.ts";
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

/** The directories below a container's own changes that are snapshots, topmost first. */
const snapshotsBelow = async (name: string): Promise<string[]> => (await cala.ok(["inspect", "--format", "{{.GraphDriver.Data.LowerDir}}", name])).split(":").filter((path) => path.startsWith(join(cala.root, "data/snapshots")));

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

test("nothing is copied: files of 5 GB are the same files in snapshot, fork and rollback, and are counted once", async () => {
  const id = await create("large", runner);
  await act("large", "dd if=/dev/zero of=/large bs=1M seek=5119 count=1 2>/dev/null; dd if=/dev/zero of=/dense bs=1M count=3 2>/dev/null");
  const inode = statSync(join(cala.root, "data/containers", id, "upper/large")).ino;
  await cala.ok(["container", "snapshot", "large", "full"]);
  const [snapshot] = await snapshotsBelow("large");
  assert.is(statSync(join(snapshot ?? "", "large")).ino, inode);
  await cala.ok(["container", "fork", "large", "large-too"]);
  assert.equal(await snapshotsBelow("large-too"), [snapshot]);
  await act("large", "rm /large /dense");
  await cala.ok(["container", "rollback", "large", "full"]);
  assert.equal(await snapshotsBelow("large"), [snapshot]);
  assert.is(await act("large", "stat -c %i /large"), String(inode));
  const sizes = (await cala.ok(["ps", "-a", "--size", "--filter", "name=large", "--format", "{{.Size}}"])).split("\n");
  assert.is(sizes.filter((size) => /^5\.37GB \(/.test(size)).length, 2, sizes.join());
  assert.ok(Number(await cala.ok(["inspect", "--size", "--format", "{{.SizeRw}}", "large-too"])) >= 5 * 2 ** 30);
  const occupied = (await cala.ok(["system", "df", "-v"])).split("\n").filter((line) => /\slarge(?:-too)?$/.test(line));
  assert.is(occupied.length, 2);
  assert.is(occupied.filter((line) => / 5\.37GB /.test(line)).length, 1, occupied.join("\n"));
  await cala.ok(["rm", "-v", "large", "large-too"]);
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

test("snapshots of a container that removed itself go with the next prune, and a lost one is found by the check", async () => {
  const before = stored();
  await cala.ok(["create", "--rm", "--name", "passing", "--network", "none", "busybox", "true"]);
  await cala.ok(["container", "snapshot", "passing"]);
  await cala.ok(["start", "-a", "passing"]);
  await waitFor("the container to be gone", async () => (await cala.run(["container", "exists", "passing"])).code === 1, 30_000);
  assert.is(stored().length, before.length + 1);
  await cala.ok(["system", "check"]);
  assert.equal(stored(), before);
  const [tree] = await snapshotsBelow("kept");
  renameSync(tree ?? "", `${tree}.away`);
  assert.match((await cala.fails(["system", "check"])).stdout, /its snapshot [0-9a-f]+ is missing/);
  renameSync(`${tree}.away`, tree ?? "");
  await cala.ok(["system", "check"]);
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
    const child = cala.start([["container", "fork", "killed", `fork-${round}`], ["container", "snapshot", "killed", `r${round}`], ["container", "rollback", "killed", "zero"]][round % 3] ?? []);
    const ended = new Promise((resolve) => child.once("close", resolve));
    setTimeout(() => child.kill("SIGKILL"), 60 + round * 25);
    await ended;
    await waitFor("a container that is usable", async () => (await cala.run(["container", "snapshots", "killed"])).code === 0, 30_000);
    assert.ok([String(round), "0"].includes(await act("killed", "cat /one")), `round ${round}`);
    await cala.ok(["container", "snapshot", "killed", `after-${round}`]);
  }
  const forks = (await cala.ok(["ps", "-a", "--filter", "name=fork-", "--format", "{{.Names}}"])).split("\n").filter((name) => name !== "");
  for (const fork of forks) assert.match(await cala.ok(["start", "-a", fork]), /^$/);
  await cala.ok(["rm", "-f", "-v", "killed", ...forks]);
  // A fork that was killed before its record was written has a directory and a name of its own until the next sweep.
  assert.match(await cala.ok(["system", "check"]), /^no damage/);
  assert.equal([...entriesOf(join(cala.root, "data/containers")), ...entriesOf(join(cala.root, "data/names"))].filter((name) => name.startsWith("fork-")), []);
});

test.run();

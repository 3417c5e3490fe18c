import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { payload, prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "identity", ["busybox", "configured"]);
const none = ["run", "--rm", "--network", "none"] as const;
const own = process.getuid?.() ?? 0;
const shell = ["--entrypoint", "sh"] as const;
const owners = "stat -c %u:%g /bin /data/from-image /w; id -u";

function project(name: string): string {
  const dir = join(cala.home, name);
  mkdirSync(dir);
  return dir;
}

test("what an image's own user writes to a bind mount belongs to the caller, below a home of mode 0700", async () => {
  const dir = project("default");
  assert.is(statSync(cala.home).mode & 0o777, 0o700);
  assert.is(await cala.ok([...none, ...shell, "-v", `${dir}:/w`, "configured", "-c", `touch /w/f; ${owners}`]), "0:0\n1000:1000\n1000:1000\n1000");
  assert.is(statSync(join(dir, "f")).uid, own);
});

test("inspect says which ids were chosen; --userns private and images of root's have the usual ones", async () => {
  const dir = project("chosen");
  const modeOf = async (...options: readonly string[]): Promise<string> => {
    const id = await cala.ok(["create", "-v", `${dir}:/w`, ...options]);
    const words = await cala.ok(["inspect", "--format", "{{.HostConfig.UsernsMode}}", id]);
    await cala.ok(["rm", id]);
    return words;
  };
  assert.is(await modeOf("configured"), "keep-id:uid=1000,gid=1000");
  assert.is(await modeOf("--user", "33:34", "busybox", "true"), "keep-id:uid=33,gid=34");
  assert.is(await modeOf("--userns", "private", "configured"), "private");
  assert.is(await modeOf("busybox", "true"), "private");
  assert.is(await modeOf("--user", "0", "configured"), "private");
});

test("what does not belong to the caller does not change the ids", async () => {
  assert.is(await cala.ok([...none, ...shell, "-v", "/etc/hostname:/w:ro", "configured", "-c", "grep -c . /proc/self/uid_map"]), "2");
});

test("keep-id: the caller has its own id and name inside, the image's files keep their owners", async () => {
  const dir = project("keep");
  const out = await cala.ok([...none, "--userns", "keep-id", "-v", `${dir}:/w`, "busybox", "sh", "-c", "id -u; stat -c %u /bin /etc/passwd /w; touch /w/f; tail -n 1 /etc/passwd; cat /etc/passwd | grep -c ^root; id -gn"]);
  const lines = out.split("\n");
  assert.equal(lines.slice(0, 4), [String(own), "0", "0", String(own)]);
  assert.match(lines[4] ?? "", new RegExp(`:${own}:`));
  assert.is(lines[5], "1");
  assert.match(lines[6] ?? "", /^[a-z]/, "the group has a name, too");
  assert.is(statSync(join(dir, "f")).uid, own);
});

test("keep-id copies no file of the image: the container's directory has a handful", async () => {
  await cala.ok(["run", "-d", "--name", "lean", "--network", "none", "--userns", "keep-id", "busybox", "sleep", "1000"]);
  const dir = join(cala.root, "data/containers", await cala.ok(["inspect", "--format", "{{.Id}}", "lean"]));
  const inImage = Number(await cala.ok(["exec", "lean", "sh", "-c", "find /bin /etc | wc -l"]));
  const kept = [...readdirSync(dir), ...readdirSync(join(dir, "upper"), { recursive: true })];
  assert.match(await cala.ok(["exec", "-u", "5:7", "lean", "id", "-G"]), new RegExp(`^7 ${process.getgid?.()}$`));
  await cala.ok(["rm", "-f", "-t", "0", "lean"]);
  assert.ok(inImage > 200 && kept.length < 60, `${kept.length} entries beside ${inImage} of the image: ${kept.join(" ")}`);
});

test("keep-id: what the kernel makes for the container belongs to its root", async () => {
  assert.is(await cala.ok([...none, "--userns", "keep-id", "busybox", "stat", "-c", "%u:%g", "/dev/mqueue", "/dev/shm", "/dev/pts", "/"]), Array.from({ length: 4 }, () => "0:0").join("\n"));
});

test("keep-id: another user has the caller's group, too, and what is open to that", async () => {
  const dir = project("group");
  writeFileSync(join(dir, "f"), "of the group", { mode: 0o040 });
  assert.is(await cala.ok([...none, "--userns", "keep-id", "-u", "5", "-v", `${dir}:/w`, "busybox", "sh", "-c", "cat /w/f; echo; id -G"]), `of the group\n0 ${process.getgid?.()}`);
});

test("keep-id with other ids and a size", async () => {
  const seen = await payload(cala, ["--userns", "keep-id:uid=5,gid=6,size=300"]);
  assert.equal([seen.uid, seen.gid], [5, 6]);
  assert.is(seen.uidMap.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0), 300);
});

test("a container keeps its ids and files when it is started again, and exec has them, too", async () => {
  await cala.ok(["run", "-d", "--name", "again", "--network", "none", "--userns", "keep-id:uid=500,gid=500", "busybox", "sleep", "1000"]);
  await cala.ok(["exec", "again", "sh", "-c", "touch /tmp/mine"]);
  await cala.ok(["exec", "--user", "0", "again", "sh", "-c", "touch /roots"]);
  await cala.ok(["restart", "-t", "0", "again"]);
  assert.is(await cala.ok(["exec", "again", "stat", "-c", "%u", "/tmp/mine", "/roots"]), "500\n0");
  assert.is(await cala.ok(["exec", "again", "id", "-u"]), "500");
  assert.is(await cala.ok([...none, "--userns", "container:again", "busybox", "stat", "-c", "%u", "/bin"]), "0");
  await cala.ok(["rm", "-f", "-t", "0", "again"]);
});

test("nomap: the caller's id does not occur, the image's owners are right", async () => {
  const dir = project("nomap");
  const script = `${owners}; touch /v/x /new; stat -c %u /v/x /new; echo x >> /etc/hosts`;
  const out = await cala.ok([...none, ...shell, "--user", "0", "--userns", "nomap", "-v", `${dir}:/w`, "-v", "fresh:/v", "configured", "-c", script]);
  assert.is(out, "0:0\n1000:1000\n65534:65534\n0\n0\n0");
});

test("auto: each container has ids of its own, and they are free again", async () => {
  const start = async (name: string): Promise<number> => {
    await cala.ok(["run", "-d", "--name", name, "--network", "none", "--userns", "auto:size=1500", "busybox", "sleep", "1000"]);
    const [first = "", more] = (await cala.ok(["exec", name, "cat", "/proc/self/uid_map"])).split("\n");
    assert.is(more, undefined);
    const [inside, outside, count] = first.trim().split(/\s+/).map(Number);
    assert.equal([inside, count], [0, 1500]);
    return outside ?? -1;
  };
  const [one, two] = await Promise.all([start("auto1"), start("auto2")]);
  assert.ok(Math.abs(one - two) >= 1500, `${one} and ${two}`);
  await cala.ok(["rm", "-f", "-t", "0", "auto1"]);
  assert.is(await start("auto3"), one);
  await cala.ok(["rm", "-f", "-t", "0", "auto2", "auto3"]);
  const refused = await cala.fails([...none, "--userns", "auto:size=100000", "busybox", "true"]);
  assert.match(refused.stderr, /needs 100000 ids.*\nHint: .*auto:size=1024/);
  assert.match((await cala.fails([...none, "--userns", "auto:size=1500", "-u", "app", "busybox", "true"])).stderr, /a group of this user is not mapped into the container/);
});

test("auto with mappings of one's own: what they name stays, the rest is taken from the block", async () => {
  const lines = async (file: string, ...options: readonly string[]): Promise<string[]> => (await cala.ok([...none, ...options, "busybox", "cat", `/proc/self/${file}`])).split("\n").map((line) => line.trim().split(/\s+/).join(" "));
  const uids = await lines("uid_map", "--userns", `auto:size=1500,uidmapping=5:@${own}:1`);
  assert.ok(uids.includes("5 0 1"), uids.join(", "));
  assert.is(uids.reduce((sum, line) => sum + Number(line.split(" ")[2]), 0), 1500);
  assert.is((await lines("gid_map", "--userns", "auto:gidmapping=0:5:1"))[0], "0 5 1");
});

test("the flags of podman's maps: @ for ids of the host, + over what is there, u and g for one kind only", async () => {
  const mapOf = async (...options: readonly string[]): Promise<string> => (await payload(cala, options)).uidMap.map((line) => line.trim().split(/\s+/).join(" ")).join(", ");
  assert.is(await mapOf("--uidmap", "0:1:1000", "--uidmap", `+500:@${own}:1`), "0 1 500, 500 0 1, 501 502 499");
  const out = await cala.ok([...none, "--uidmap", "u+7:9:1", "busybox", "sh", "-c", "grep -c '^ *7 *9 *1$' /proc/self/uid_map /proc/self/gid_map"]);
  assert.is(out, "/proc/self/uid_map:1\n/proc/self/gid_map:0");
});

test("--user by name and number, of user and group; the groups that the image gives a user come along", async () => {
  const script = "echo $(id -u):$(id -g) $(id -G) $HOME";
  for (const [user, seen] of [["app", "1000:1000 1000 50 2000 /home/app"], ["app:staff", "1000:50 50 /home/app"], ["5:staff", "5:50 50 /"], ["1000", "1000:1000 1000 50 2000 /home/app"], ["7:8", "7:8 8 /"], ["app:9", "1000:9 9 /home/app"]] as const) {
    assert.is(await cala.ok([...none, "--user", user, "busybox", "sh", "-c", script]), seen, user);
  }
  for (const user of ["stranger", "app:strangers"]) assert.match((await cala.fails([...none, "--user", user, "busybox", "true"])).stderr, /no such (?:user|group) in the container/);
});

test("--uidmap and --gidmap line by line, and by a name in /etc/subuid", async () => {
  const mapped = await payload(cala, ["--uidmap", "0:1:1000", "--uidmap", `2000:@${own}`, "--gidmap", "0:5:1000"]);
  assert.equal(mapped.uidMap.map((line) => line.trim().split(/\s+/).join(" ")), ["0 1 1000", "2000 0 1"]);
  assert.is(await cala.ok([...none, "--uidmap", "0:1:2000", "busybox", "stat", "-c", "%u", "/bin"]), "0");
  const named = await payload(cala, ["--subuidname", process.env["USER"] ?? "", "--subgidname", process.env["USER"] ?? ""]);
  assert.match(named.uidMap[0] ?? "", /^\s*0\s+1\s/);
  assert.match((await cala.fails([...none, "--uidmap", "0:1:5", "--userns", "keep-id", "busybox", "true"])).stderr, /--userns keep-id/);
});

test("--userns host: the namespace around all containers, with a network", async () => {
  assert.is(await cala.ok(["run", "--rm", "--userns", "host", "busybox", "sh", "-c", "id -u; test -e /sys/class/net/lo && wc -l < /proc/self/uid_map"]), "0\n2");
});

test("CALA_USERNS stands for a --userns that is not given", async () => {
  const env = { CALA_USERNS: "keep-id" };
  assert.is(await cala.ok([...none, "busybox", "id", "-u"], { env }), String(own));
  assert.is(await cala.ok([...none, "--userns", "private", "busybox", "id", "-u"], { env }), "0");
});

test("--hostuser adds a user of the host; one that is not there is refused", async () => {
  assert.match(await cala.ok([...none, "--hostuser", "daemon", "busybox", "cat", "/etc/passwd"]), /^daemon:\*:1:1:/m);
  assert.match((await cala.fails([...none, "--hostuser", "no-such-user", "busybox", "true"])).stderr, /no user "no-such-user" on this host/);
});

test("--group-add by name and number; keep-groups alone", async () => {
  assert.equal((await payload(cala, ["--group-add", "7", "--user", "5"])).groups.includes(7), true);
  assert.is((await cala.run([...none, "--group-add", "keep-groups", "busybox", "true"])).code, 0);
  assert.match((await cala.fails([...none, "--group-add", "keep-groups,7", "busybox", "true"])).stderr, /cannot be combined/);
});

for (const driver of ["fuse-overlayfs", "vfs"]) {
  test(`storage driver ${driver}: owners are right with other ids, too`, async () => {
    const dir = project(`driver-${driver}`);
    const script = `${owners}; touch /w/f /tmp/mine; stat -c %u /tmp/mine`;
    const out = await cala.ok(["--storage-driver", driver, ...none, ...shell, "-v", `${dir}:/w`, "configured", "-c", script]);
    assert.is(out, "0:0\n1000:1000\n1000:1000\n1000\n1000");
    assert.is(statSync(join(dir, "f")).uid, own);
  });
}

test.run();

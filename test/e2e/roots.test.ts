import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";

const { cala } = await prepareSuite(test, "roots", ["busybox"]);
const none = ["--network", "none"] as const;

/** A directory with busybox in it. */
async function unpacked(name: string): Promise<string> {
  const dir = join(cala.home, name);
  const archive = join(cala.home, `${name}.tar`);
  mkdirSync(dir);
  const id = await cala.ok(["create", ...none, "busybox"]);
  await cala.ok(["export", "-o", archive, id]);
  await cala.ok(["rm", id]);
  assert.is(spawnSync("tar", ["-xf", archive, "-C", dir]).status, 0);
  return dir;
}

test("--rootfs runs a directory of the host as it is, and what is changed is changed there", async () => {
  const root = await unpacked("plain");
  assert.is(await cala.ok(["run", "--name", "direct", ...none, "--rootfs", root, "sh", "-c", "echo inside > /made; cat /made; id -u"]), "inside\n0");
  assert.is(readFileSync(join(root, "made"), "utf8"), "inside\n");
  assert.is(await cala.ok(["start", "-a", "direct"]), "inside\n0");
  assert.equal(JSON.parse(await cala.ok(["inspect", "--format", "[{{json .Rootfs}}, {{json .Image}}, {{json .ImageName}}]", "direct"])), [root, "", ""]);
  await cala.ok(["cp", "direct:/made", join(cala.home, "copied")]);
  assert.is(readFileSync(join(cala.home, "copied"), "utf8"), "inside\n");
  assert.match((await cala.fails(["container", "snapshot", "direct"])).stderr, /does not keep its changes apart/);
  await cala.ok(["rm", "direct"]);
  assert.ok(existsSync(join(root, "made")), "the directory stays when the container goes");
});

test("a user of --rootfs is looked up there, and ids can be kept", async () => {
  const root = await unpacked("users");
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0::/:/bin/sh\nguest:x:77:78::/:/bin/sh\n");
  assert.is(await cala.ok(["run", "--rm", ...none, "-u", "guest", "--rootfs", root, "sh", "-c", "id -u; id -g"]), "77\n78");
  assert.is(await cala.ok(["run", "--rm", ...none, "--userns", "keep-id:uid=77,gid=78", "-v", `${cala.home}:/h`, "--rootfs", root, "sh", "-c", "id -u; touch /h/kept; stat -c %u /h/kept"]), "77\n77");
});

test("a new volume and a tmpfs are filled with hard links, holes, modes and times as they are", async () => {
  const root = await unpacked("linked");
  const make = "mkdir -p l/d; echo one >l/a; ln l/a l/d/b; truncate -s 8M l/hole; echo end >>l/hole; chmod 4755 l/a; ln -s a l/s; mkfifo -m 622 l/p; touch -h -d @1000000000 l/s l/p l/a";
  assert.is(spawnSync("sh", ["-ec", make], { cwd: root }).status, 0);
  const look = ["--rootfs", root, "sh", "-c", "[ /l/a -ef /l/d/b ] && stat -c '%h %a %Y %b' /l/a /l/p /l/s /l/hole"];
  for (const where of [["-v", "links:/l"], ["--mount", "type=tmpfs,dst=/l,tmpcopyup"]]) {
    const [file, pipe, link, hole] = (await cala.ok(["run", "--rm", ...none, ...where, ...look])).split("\n");
    assert.match(file ?? "", /^2 4755 1000000000 /, where.join(" "));
    assert.match(pipe ?? "", /^1 622 1000000000 /, where.join(" "));
    assert.match(link ?? "", /^1 777 1000000000 /, where.join(" "));
    assert.ok(Number(hole?.split(" ")[3]) < 4096, `${where.join(" ")}: ${hole} (blocks of 512 bytes, 16384 without the hole)`);
  }
  await cala.ok(["volume", "rm", "links"]);
});

test("--rootfs DIR:O leaves the directory alone", async () => {
  const root = await unpacked("below");
  const before = readdirSync(root).sort();
  assert.is(await cala.ok(["run", "--name", "over", ...none, "--rootfs", `${root}:O`, "sh", "-c", "echo x > /made; rm /bin/true; cat /made"]), "x");
  assert.equal(readdirSync(root).sort(), before);
  assert.ok(existsSync(join(root, "bin/true")));
  await cala.ok(["container", "snapshot", "over", "first"]);
  await cala.ok(["container", "fork", "over", "other"]);
  assert.is(await cala.ok(["start", "-a", "other"]), "x");
  await cala.ok(["rm", "over", "other"]);
});

test("what cannot be a root is refused, and leaves nothing", async () => {
  assert.match((await cala.fails(["run", "--rm", ...none, "--rootfs", join(cala.home, "missing"), "true"])).stderr, /no such directory/);
  assert.match((await cala.fails(["run", "--rm", ...none, "--rootfs", `${cala.home}:idmap`, "true"])).stderr, /root only/);
  assert.match((await cala.fails(["run", "--rootfs"])).stderr, /needs at least 1 argument|name a directory/);
  assert.match((await cala.fails(["run", "--rmi", "--rootfs", cala.home, "true"])).stderr, /there is none/);
  assert.is(await cala.ok(["ps", "-aq"]), "");
});

test("--rmi removes the image with the container, in the foreground and in the background, unless another one needs it", async () => {
  const there = async (name: string): Promise<boolean> => (await cala.run(["image", "exists", name])).code === 0;
  await cala.ok(["tag", "busybox", "passing"]);
  const ended = await cala.run(["run", "--rmi", ...none, "passing", "sh", "-c", "exit 3"]);
  assert.equal([ended.code, ended.stdout, ended.stderr], [3, "", ""]);
  assert.not.ok(await there("passing"));
  await cala.ok(["tag", "busybox", "passing"]);
  await cala.ok(["run", "-d", "--rmi", "--name", "behind", ...none, "passing", "sleep", "1000"]);
  assert.ok(await there("passing"));
  await cala.ok(["stop", "-t", "0", "behind"]);
  await waitFor("the image is gone", async () => !await there("passing"), 60_000);
  assert.is(await cala.ok(["ps", "-aq"]), "");
  await cala.ok(["create", "--name", "needs", ...none, "busybox", "true"]);
  await cala.ok(["commit", "needs", "needed"]);
  await cala.ok(["create", "--name", "user", ...none, "needed", "true"]);
  assert.is((await cala.run(["run", "--rmi", ...none, "needed", "true"])).code, 0);
  assert.ok(await there("needed"));
  await cala.ok(["rm", "needs", "user"]);
});

test("--hosts-file says what /etc/hosts begins with", async () => {
  const file = join(cala.home, "hosts");
  writeFileSync(file, "192.0.2.1 from.file # comment\n");
  const hosts = async (...options: string[]): Promise<string> => await cala.ok(["run", "--rm", ...none, "--hostname", "me", ...options, "busybox", "cat", "/etc/hosts"]);
  assert.match(await hosts("--hosts-file", file, "--add-host", "more:192.0.2.2"), /^192\.0\.2\.2\tmore\n192\.0\.2\.1\tfrom\.file\n/);
  writeFileSync(file, "192.0.2.3 changed\n");
  assert.match(await hosts("--hosts-file", file, "--add-host", "more:192.0.2.2"), /192\.0\.2\.3\tchanged/);
  assert.match(await hosts("--hosts-file", "none"), /^127\.0\.0\.1\tlocalhost\n::1\tlocalhost\n/);
  const root = await unpacked("hosts-root");
  writeFileSync(join(root, "etc/hosts"), "192.0.2.4 of.image\n");
  assert.match(await cala.ok(["run", "--rm", ...none, "--hosts-file", "image", "--rootfs", `${root}:O`, "cat", "/etc/hosts"]), /^192\.0\.2\.4\tof\.image\n/);
  assert.match((await cala.fails(["run", "--rm", ...none, "--hosts-file", join(cala.home, "gone"), "busybox", "true"])).stderr, /cannot read the hosts file/);
  assert.match((await cala.fails(["run", "--rm", ...none, "--no-hosts", "--hosts-file", "none", "busybox", "true"])).stderr, /cannot be set together/);
});

test("create --attach chooses the streams of a start in the foreground", async () => {
  await cala.ok(["create", "--name", "half", ...none, "-a", "stderr", "busybox", "sh", "-c", "echo out; echo err >&2"]);
  const started = await cala.run(["start", "-a", "half"]);
  assert.equal([started.stdout, started.stderr], ["", "err\n"]);
  assert.equal(JSON.parse(await cala.ok(["inspect", "--format", "[{{.Config.AttachStdin}}, {{.Config.AttachStdout}}, {{.Config.AttachStderr}}]", "half"])), [false, false, true]);
  await cala.ok(["create", "--name", "fed", ...none, "-a", "stdin", "-a", "stdout", "busybox", "cat"]);
  assert.is(await cala.ok(["start", "-ai", "fed"], { input: "typed" }), "typed");
  assert.is(await cala.ok(["run", "--rm", ...none, "-i", "-a", "stdout", "busybox", "sh", "-c", "cat; echo err >&2"], { input: "typed" }), "typed");
  assert.match((await cala.fails(["create", "-a", "nothing", "busybox"])).stderr, /invalid stream "nothing"/);
  await cala.ok(["rm", "half", "fed"]);
});

test("container runlabel runs what a label of the image says", async () => {
  await cala.ok(["create", "--name", "labelled", ...none, "busybox", "true"]);
  await cala.ok(["commit", "-c", `LABEL run="podman run --rm --network none --name NAME -e GIVEN=$OPT1 IMAGE echo"`, "-c", `LABEL tell="/bin/echo here is NAME"`, "labelled", "tool"]);
  await cala.ok(["rm", "labelled"]);
  const image = await cala.ok(["image", "inspect", "--format", "{{index .RepoTags 0}}", "tool"]);
  assert.is(await cala.ok(["container", "runlabel", "--display", "run", "tool", "x"]), `command: cala run --rm --network none --name tool -e GIVEN=x ${image} echo x`);
  assert.is(await cala.ok(["container", "runlabel", "run", "tool", "said"]), "said");
  assert.is(await cala.ok(["container", "runlabel", "-q", "run", "tool", "said"]), "");
  assert.is(await cala.ok(["container", "runlabel", "-n", "other", "tell", "tool"]), "here is other");
  await cala.ok(["create", "--name", "other", ...none, "busybox", "true"]);
  assert.is(await cala.ok(["container", "runlabel", "--replace", "-n", "other", "run", "tool", "again"]), "again");
  assert.is(await cala.ok(["ps", "-aq"]), "");
  assert.match((await cala.fails(["container", "runlabel", "missing", "tool"])).stderr, /has no label "missing"/);
});

test.run();

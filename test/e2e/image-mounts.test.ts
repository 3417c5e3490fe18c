/** Mounts of images and of parts of volumes and images, also those of hostile ones. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer } from "./harness/busybox.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
import { fixtureProgram } from "./harness/programs.ts";
import { prepareSuite } from "./harness/suite.ts";
import { tarBytes } from "./harness/tar.ts";

const { cala } = await prepareSuite(test, "image-mounts");
const fake = await startFakeRegistry();
test.after(fake.stop);
cala.useRegistry(fake.address);

const secret = "swordfish of the host";
const outside = join(cala.home, "outside");
mkdirSync(outside);
writeFileSync(join(outside, "marker"), secret);

const lower = tarBytes([{ name: "data/", type: "directory" }, { name: "data/old", content: "old" }, { name: "data/both", content: "lower" }, { name: "gone", content: "gone" }]);
const upper = tarBytes([{ name: "data/both", content: "upper" }, { name: ".wh.gone", content: "" }, { name: "data/sub/", type: "directory" }, { name: "data/sub/file", content: "deep" }]);
fake.serve("layered", [lower, upper], { Cmd: ["none"] });
fake.serve("single", [lower], { Cmd: ["none"] });
fake.serve("busybox", [await busyboxLayer()], { Cmd: ["sh"] });
fake.serve("climber", [tarBytes([
  { name: "abs", type: "symlink", target: outside }, { name: "up", type: "symlink", target: `../../../../../../../../../..${outside}` },
  { name: "root", type: "symlink", target: "/" }, { name: "proc", type: "symlink", target: "/proc/self/root" }, { name: "inside/", type: "directory" }, { name: "inside/ok", content: "ok" },
])], { Cmd: ["none"] });
for (const name of ["layered", "single", "climber"]) await cala.ok(["pull", "-q", name]);

const none = ["run", "--rm", "--network", "none"] as const;
const inside = async (options: readonly string[], script: string): Promise<string> => await cala.ok([...none, ...options, "busybox", "sh", "-c", script]);

test("an image of several layers is mounted as one, read-only", async () => {
  const look = "cd /i && cat data/both data/old && ls -A && (echo x > data/new) 2>&1";
  const end = await cala.run([...none, "--mount", "type=image,src=layered,dst=/i", "busybox", "sh", "-c", look]);
  assert.match(end.stdout, /^upperolddata\n.*Read-only/s);
  assert.match((await cala.run([...none, "--mount", "type=image,src=single,dst=/i", "busybox", "sh", "-c", look])).stdout, /^lowerolddata\ngone\n.*Read-only/s);
});

test("with rw=true what is written goes with the container, and the image stays", async () => {
  for (const image of ["layered", "single"]) {
    const mount = ["--mount", `type=image,src=${image},dst=/i,rw=true`];
    assert.is(await inside(mount, "echo -n new > /i/data/new; rm /i/data/old; ls /i/data | xargs"), image === "single" ? "both new" : "both new sub");
    assert.is(await inside(mount, "ls /i/data | xargs"), image === "single" ? "both old" : "both old sub");
  }
});

test("a part of an image or of a volume is mounted alone: a directory or a file", async () => {
  assert.is(await inside(["--mount", "type=image,src=layered,dst=/i,subpath=data/sub"], "ls -A /i; cat /i/file"), "file\ndeep");
  assert.is(await inside(["--mount", "type=image,src=layered,dst=/i/one,subpath=/data/both"], "cat /i/one"), "upper");
  await inside(["-v", "parts:/v"], "mkdir -p /v/a/b; echo -n b > /v/a/b/file");
  assert.is(await inside(["--mount", "type=volume,src=parts,dst=/p,volume-subpath=a"], "ls /p; cat /p/b/file; echo -n c > /p/c"), "b\nb");
  assert.is(await inside(["--mount", "type=volume,src=parts,dst=/p,subpath=a,ro"], "cat /p/c; (echo d > /p/d) 2>/dev/null || echo readonly"), "creadonly");
  const missing = await cala.run([...none, "--mount", "type=volume,src=parts,dst=/p,subpath=nothere", "busybox", "true"]);
  assert.is(missing.code, 125);
  assert.match(missing.stderr, /subpath: nothere: no such file or directory/);
  assert.match((await cala.run([...none, "--mount", `type=bind,src=${outside},dst=/p,subpath=a`, "busybox", "true"])).stderr, /"subpath" is not allowed for a bind mount/);
  await cala.ok(["volume", "rm", "parts"]);
});

test("CVE-2024-1753: a part of an image that is a link leads nowhere out of the image", async () => {
  for (const subpath of ["abs", "up", "root", "proc", "abs/marker", "up/marker", "../../../../../../../..", `root/${outside}`, `/../..${outside}/marker`, "root/proc/self/root", "inside/../../../../../.."]) {
    const end = await cala.run([...none, "--mount", `type=image,src=climber,dst=/i,subpath=${subpath}`, "busybox", "sh", "-c", `cat /i /i/marker /i/etc/passwd /i${outside}/marker; ls -A /i`]);
    assert.not.match(end.stdout, /swordfish|root:/, subpath);
    if (end.code !== 125) assert.match(end.stdout, /inside/, `${subpath}: ${end.stdout}`);
  }
});

test("CVE-2024-9407: the word of bind-propagation is one of the kernel's, and nothing else of a mount", async () => {
  for (const word of ["z", "Z", "rw", "exec"]) {
    const end = await cala.run([...none, "--mount", `type=bind,src=${outside},dst=/m,bind-propagation=${word}`, "busybox", "cat", "/m/marker"]);
    assert.is(end.code, 125, `${word}: ${end.stdout}`);
    assert.match(end.stderr, /is no bind-propagation: there are private/);
  }
  assert.is(await inside(["--mount", `type=bind,src=${outside},dst=/m,ro,bind-propagation=rslave`], "cat /m/marker"), secret);
});

test("CVE-2024-23651: a part of a volume that is exchanged for a link while it is mounted is never one of the host", async () => {
  const volume = await cala.ok(["volume", "create", "race"]);
  const tree = await cala.ok(["volume", "inspect", "--format", "{{.Mountpoint}}", volume]);
  const [real, link] = [join(tree, "part"), join(tree, "link")];
  mkdirSync(real);
  writeFileSync(join(real, "marker"), "harmless");
  symlinkSync(outside, link);
  const racer = spawn(await fixtureProgram("intruder"), ["exchange", real, link], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => racer.on("exit", resolve));
  try {
    await new Promise((resolve) => racer.stdout.once("data", resolve));
    let seen = 0;
    for (let round = 0; round < 24; round++) {
      const end = await cala.run([...none, "--mount", "type=volume,src=race,dst=/p,subpath=part", "busybox", "cat", "/p/marker"]);
      assert.not.match(end.stdout, /swordfish/);
      if (end.stdout === "harmless") seen += 1;
      else assert.is(end.code, 125, end.stderr);
    }
    assert.ok(seen > 0, "the part itself was mounted at times");
  } finally {
    racer.kill();
    await ended;
  }
  rmSync(join(tree, "part"), { recursive: true, force: true });
  rmSync(join(tree, "link"), { recursive: true, force: true });
  assert.is(readFileSync(join(outside, "marker"), "utf8"), secret);
  await cala.ok(["volume", "rm", "race"]);
});

test("an image that a container mounts is in use: it stays with rmi and prune, and so does what it was when its name moves on", async () => {
  await cala.ok(["create", "--name", "user", "--network", "none", "--mount", "type=image,src=single,dst=/i", "busybox", "cat", "/i/data/both"]);
  assert.match((await cala.fails(["rmi", "single"])).stderr, /in use by container user/);
  assert.equal((await cala.ok(["images", "--filter", "containers=true", "--format", "{{.Repository}}"])).split("\n").sort(), [`${fake.address}/busybox`, `${fake.address}/single`]);
  await cala.ok(["image", "prune", "-a", "-f"]);
  assert.is((await cala.run(["image", "exists", "single"])).code, 0);
  await cala.ok(["pull", "-q", "layered"]);
  await cala.ok(["tag", "layered", `${fake.address}/single`]);
  await cala.ok(["image", "prune", "-f"]);
  assert.is(await cala.ok(["start", "-a", "user"]), "lower");
  assert.match(await cala.ok(["system", "check"]), /^no damage/);
  await cala.ok(["rm", "user"]);
  await cala.ok(["rmi", "-f", `${fake.address}/single`]);
  await cala.ok(["pull", "-q", "single"]);
});

/** A script in "cala unshare", where images can be mounted. */
const unshared = async (script: string): Promise<string> => await cala.ok(["unshare", "sh", "-c", script], { env: { PATH: `${join(cala.root, "bin")}:${process.env["PATH"] ?? ""}` } });

test("image mount shows the files of images of one layer and of several, read-only, and image unmount takes that away", async () => {
  assert.match((await cala.fails(["image", "mount", "layered"])).stderr, /cala unshare/);
  assert.match((await cala.fails(["image", "umount", "layered"])).stderr, /cala unshare/);
  const look = "cat $at/data/both; ls $at; (echo x > $at/data/new) 2>&1 | grep -c Read-only";
  assert.is(await unshared(`at=$(cala image mount layered); ${look}; cala image unmount layered >/dev/null; ls $at 2>/dev/null | wc -l`), "upperdata\n1\n0");
  assert.is(await unshared(`at=$(cala image mount single); ${look}`), "lowerdata\ngone\n1");
  const listed = await unshared("cala image mount layered single >/dev/null; cala image mount; cala image mount --format json; cala image umount --all | wc -l; cala image mount");
  assert.match(listed, /^\S+\/(layered|single):latest +\/\S+\/mounts\/[0-9a-f]{64}\n/);
  const [mounted] = JSON.parse(listed.slice(listed.indexOf("["), listed.lastIndexOf("]") + 1)) as readonly { readonly mountpoint: string }[];
  assert.match(mounted?.mountpoint ?? "", /mounts/);
  assert.match(listed, /\n2$/);
  assert.match(await unshared("cala image unmount layered; cala image unmount -f layered; cala image unmount nothing 2>&1 || echo failed"), /^Error: [^\n]*nothing[^]*\nfailed$/);
  assert.is((await unshared("cala image mount --all")).split("\n").length, (await cala.ok(["images", "-q"])).split("\n").length);
});

test("an image that is mounted in a namespace somewhere is not removed, and can be when that namespace is gone", async () => {
  const holder = cala.start(["unshare", "sh", "-c", `${join(cala.root, "bin/cala")} image mount layered && cat`]);
  const ended = new Promise((resolve) => holder.on("exit", resolve));
  await new Promise((resolve) => holder.stdout?.once("data", resolve));
  const refused = await cala.run(["rmi", "layered"]);
  assert.is(refused.code, 2);
  assert.match(refused.stderr, /is mounted/);
  await cala.ok(["image", "prune", "-a", "-f"]);
  assert.is((await cala.run(["image", "exists", "layered"])).code, 0);
  holder.stdin?.end();
  await ended;
  await cala.ok(["rmi", "layered"]);
});

test.run();

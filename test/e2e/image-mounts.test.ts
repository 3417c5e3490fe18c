/** Mounts of images and of parts of volumes and images, also those of hostile ones. */
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer } from "./harness/busybox.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
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

test("CVE-2024-1753, CVE-2024-9407: a part of an image that is a link leads nowhere out of the image", async () => {
  for (const subpath of ["abs", "up", "root", "proc", "abs/marker", "up/marker", "../../../../../../../..", `root/${outside}`, `/../..${outside}/marker`, "root/proc/self/root", "inside/../../../../../.."]) {
    const end = await cala.run([...none, "--mount", `type=image,src=climber,dst=/i,subpath=${subpath}`, "busybox", "sh", "-c", `cat /i /i/marker /i/etc/passwd /i${outside}/marker; ls -A /i`]);
    assert.not.match(end.stdout, /swordfish|root:/, subpath);
    if (end.code !== 125) assert.match(end.stdout, /inside/, `${subpath}: ${end.stdout}`);
  }
});

test("CVE-2024-23651: a part of a volume that is exchanged for a link while it is mounted is never one of the host", async () => {
  const volume = await cala.ok(["volume", "create", "race"]);
  const tree = await cala.ok(["volume", "inspect", "--format", "{{.Mountpoint}}", volume]);
  const [place, real, link] = [join(tree, "part"), join(tree, "real"), join(tree, "link")];
  mkdirSync(real);
  writeFileSync(join(real, "marker"), "harmless");
  symlinkSync(outside, link);
  let isOver = false;
  const exchange = async (): Promise<void> => {
    for (let turn = 0; !isOver; turn++) {
      for (const from of turn % 2 === 0 ? [real] : [link]) {
        renameSync(from, place);
        await new Promise((resolve) => setImmediate(resolve));
        renameSync(place, from);
      }
    }
  };
  const racing = exchange();
  try {
    for (let round = 0; round < 6; round++) {
      const end = await cala.run([...none, "--mount", "type=volume,src=race,dst=/p,subpath=part", "busybox", "cat", "/p/marker"]);
      assert.not.match(end.stdout, /swordfish/);
    }
  } finally {
    isOver = true;
    await racing;
  }
  rmSync(link);
  assert.is(readFileSync(join(outside, "marker"), "utf8"), secret);
  await cala.ok(["volume", "rm", "race"]);
});

test.run();

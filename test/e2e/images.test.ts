import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer } from "./harness/busybox.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
import { fixtureLayout } from "./harness/fixture-images.ts";
import { runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";
import { tarBytes } from "./harness/tar.ts";

const { cala, registry } = await prepareSuite(test, "images", ["busybox", "configured"]);
const none = ["run", "--rm", "--network", "none"] as const;

test("pull prints the id, images lists it, inspect tells its config", async () => {
  const id = (await cala.ok(["pull", "configured"])).split("\n").at(-1) ?? "";
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.match(await cala.ok(["images"]), /^REPOSITORY\s+TAG\s+IMAGE ID\s+CREATED\s+SIZE/);
  assert.ok((await cala.ok(["images", "-q", "--no-trunc"])).includes(id));
  assert.is(await cala.ok(["image", "inspect", "--format", "{{.Config.User}} {{.Id}}", "configured"]), `app ${id}`);
  assert.is(await cala.ok(["images", "--format", "{{.Repository}}:{{.Tag}}", registry.reference("configured")]), `${registry.reference("configured")}:latest`);
});

test("a pull of what is there fetches no layer again", async () => {
  await cala.ok(["pull", "busybox"]);
  const again = await cala.ok(["pull", "-q", "busybox"]);
  assert.match(again, /^[0-9a-f]{64}$/);
});

test("tag gives a second name, rmi takes one name, then the image", async () => {
  await cala.ok(["pull", "busybox"]);
  await cala.ok(["tag", "busybox", "localhost/second:v1"]);
  assert.match(await cala.ok(["images", "--format", "{{.Repository}}:{{.Tag}}"]), /localhost\/second:v1/);
  assert.is(await cala.ok([...none, "localhost/second:v1", "echo", "works"]), "works");
  assert.match(await cala.ok(["rmi", "localhost/second:v1"]), /localhost\/second:v1/);
  await cala.ok([...none, "--pull=never", "busybox", "true"]);
});

test("rmi refuses an image that a container uses, -f removes both", async () => {
  await cala.ok(["tag", "busybox", "localhost/used"]);
  await cala.ok(["create", "--name", "user-of-it", "--network", "none", "busybox", "true"]);
  const id = await cala.ok(["inspect", "--format", "{{.Image}}", "user-of-it"]);
  const refused = await cala.fails(["rmi", id]);
  assert.match(refused.stderr, /\buse[ds]?\b|container/);
  await cala.ok(["rm", "user-of-it"]);
});

for (const format of ["docker-archive", "oci-archive"]) {
  test(`save and load as ${format}: the same image, and skopeo reads it`, async () => {
    const file = join(cala.home, `${format}.tar`);
    await cala.ok(["pull", "configured"]);
    const id = await cala.ok(["inspect", "--type", "image", "--format", "{{.Id}}", "configured"]);
    await cala.ok(["save", "--format", format, "-o", file, "configured"]);
    const inspected = JSON.parse((await runOk("skopeo", ["inspect", "--config", `${format}:${file}`])).stdout) as { config: { User: string } };
    assert.is(inspected.config.User, "app");
    await cala.ok(["rmi", "-f", "configured"]);
    assert.match(await cala.ok(["load", "-i", file]), /Loaded image/);
    assert.is(await cala.ok(["inspect", "--type", "image", "--format", "{{.Id}}", id]), id);
  });
}

test("load takes what skopeo writes, from standard input too", async () => {
  const file = join(cala.home, "skopeo.tar");
  await runOk("skopeo", ["--insecure-policy", "copy", "-q", `oci:${(await fixtureLayout("busybox")).dir}:latest`, `docker-archive:${file}:localhost/from-skopeo:latest`]);
  await cala.ok(["load", "-i", file]);
  assert.is(await cala.ok([...none, "localhost/from-skopeo", "echo", "loaded"]), "loaded");
});

test("import makes an image of a plain archive", async () => {
  const file = join(cala.home, "plain.tar");
  const { writeFileSync } = await import("node:fs");
  writeFileSync(file, await busyboxLayer());
  await cala.ok(["import", "--change", "CMD echo imported", file, "localhost/plain"]);
  assert.is(await cala.ok([...none, "localhost/plain"]), "imported");
});

test("layers: whiteouts, opaque directories, hard links, owners, modes, times, xattrs and long names come out right", async () => {
  const fake = await startFakeRegistry();
  const long = `deep/${"n".repeat(120)}/${"m".repeat(120)}`;
  fake.serve("layered", [
    await busyboxLayer(),
    tarBytes([
      { name: "gone", content: "1" }, { name: "dir/", type: "directory" }, { name: "dir/old", content: "1" }, { name: "dir/older", content: "1" },
      { name: "kept", content: "first\n" }, { name: "hard", type: "hardlink", target: "kept" }, { name: "sub/", type: "directory" }, { name: "sub/gone", content: "1" }, { name: "sub/stays", content: "1" },
    ]),
    tarBytes([
      { name: ".wh.gone", content: "" }, { name: "dir/.wh..wh..opq", content: "" }, { name: "dir/new", content: "2" }, { name: "sub/.wh.gone", content: "" },
      { name: "owned", content: "", uid: 12345, gid: 54321, mode: 0o4751 }, { name: "last-id", content: "", uid: 65535, gid: 65535, mtime: 1_000_000_000 },
      { name: long, content: "long\n" }, { name: "pipe", type: "fifo" }, { name: "null", type: "character", major: 1, minor: 3, mode: 0o666 },
      { name: "capable", content: "", mode: 0o755, xattrs: { "security.capability": Buffer.from("0100000200040000000000000000000000000000", "hex"), "user.note": "hello" } },
    ]),
  ]);
  try {
    const script = [
      "ls -d /gone /sub/gone 2>/dev/null", "ls /dir", "ls /sub", "cat /hard", "stat -c '%u:%g:%a' /owned", "stat -c '%u:%g:%Y' /last-id", `cat /${long}`, "stat -c %F /pipe",
      "test $(stat -c %i /kept) = $(stat -c %i /hard) && echo linked",
    ].join("; ");
    const out = await cala.ok([...none, `${fake.address}/layered`, "sh", "-c", script], { env: { CONTAINERS_REGISTRIES_CONF: await insecureConf(fake.address) } });
    assert.is(out, ["new", "stays", "first", "12345:54321:4751", "65535:65535:1000000000", "long", "fifo", "linked"].join("\n"));
  } finally {
    await fake.stop();
  }
});

async function insecureConf(address: string): Promise<string> {
  const { writeFileSync } = await import("node:fs");
  const dir = join(cala.home, "conf");
  if (!existsSync(dir)) mkdirSync(dir);
  const file = join(dir, "registries.conf");
  writeFileSync(file, `[[registry]]\nlocation = "${address}"\ninsecure = true\n`);
  return file;
}

test.run();

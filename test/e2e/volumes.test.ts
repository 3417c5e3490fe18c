import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "volumes", ["busybox", "configured"]);
const none = ["run", "--rm", "--network", "none"] as const;

test("a named volume starts with the image's content, owners and modes", async () => {
  const out = await cala.ok([...none, "--entrypoint", "sh", "-v", "first:/data", "configured", "-c", "stat -c '%u:%g:%a' /data/from-image; cat /data/from-image; echo more > /data/more"]);
  assert.is(out, "1000:1000:640\nkept");
  assert.is(await cala.ok([...none, "-v", "first:/anywhere", "busybox", "cat", "/anywhere/more"]), "more");
});

test("a volume that has content is left as it is", async () => {
  await cala.ok([...none, "-v", "second:/x", "busybox", "sh", "-c", "echo mine > /x/own"]);
  assert.is(await cala.ok([...none, "--entrypoint", "ls", "-v", "second:/data", "configured", "/data"]), "own");
});

test(":nocopy leaves a new volume empty, :ro refuses writing", async () => {
  assert.is(await cala.ok([...none, "--entrypoint", "ls", "-v", "third:/data:nocopy", "configured", "/data"]), "");
  assert.is((await cala.run([...none, "-v", "third:/data:ro", "busybox", "touch", "/data/no"])).code, 1);
});

test("an image's own volume is anonymous and goes with --rm", async () => {
  await cala.ok([...none, "--entrypoint", "true", "configured"]);
  assert.is(await cala.ok([...none, "-v", "/anonymous", "busybox", "sh", "-c", "touch /anonymous/x && echo written"]), "written");
});

test("two containers share a volume while they run", async () => {
  await cala.ok(["run", "-d", "--name", "writer", "--network", "none", "-v", "shared:/s", "busybox", "sleep", "100"]);
  await cala.ok(["exec", "writer", "sh", "-c", "echo from-writer > /s/file"]);
  assert.is(await cala.ok([...none, "--mount", "type=volume,src=shared,dst=/other", "busybox", "cat", "/other/file"]), "from-writer");
  await cala.ok(["rm", "-f", "-t", "0", "writer"]);
});

test("containers that start at once with a new volume all see the image's whole content", async () => {
  const count = Number(await cala.ok([...none, "busybox", "sh", "-c", "ls /bin | wc -l"]));
  for (const volume of ["first-race", "second-race", "third-race"]) {
    const counts = await Promise.all([1, 2, 3, 4].map(async () => Number(await cala.ok([...none, "-v", `${volume}:/bin`, "busybox", "sh", "-c", "ls /bin | wc -l"]))));
    assert.equal(counts, [count, count, count, count]);
  }
});

test("a volume that is still empty is filled, even where the container's users own it and closed it", async () => {
  await cala.ok([...none, "-v", "closed:/x", "busybox", "sh", "-c", "chown 1000:1000 /x; chmod 700 /x"]);
  assert.is(await cala.ok([...none, "--entrypoint", "cat", "-v", "closed:/data", "configured", "/data/from-image"]), "kept");
});

test("an invalid volume name is refused with a word about it", async () => {
  const refused = await cala.fails([...none, "-v", "no spaces:/x", "busybox", "true"]);
  assert.match(refused.stderr, /no spaces/);
});

test("a volume's content goes out as a tar and comes in from one, with its owners", async () => {
  await cala.ok([...none, "-v", "packed:/x", "busybox", "sh", "-c", "mkdir /x/d; echo text > /x/d/f; chown 1000:1000 /x/d/f; chmod 640 /x/d/f"]);
  const file = join(cala.home, "packed.tar");
  await cala.ok(["volume", "export", "--output", file, "packed"]);
  await cala.ok(["volume", "create", "unpacked"]);
  await cala.ok(["volume", "import", "unpacked", file]);
  assert.is(await cala.ok([...none, "-v", "unpacked:/x", "busybox", "sh", "-c", "stat -c '%u:%g:%a' /x/d/f; cat /x/d/f"]), "1000:1000:640\ntext");
  await cala.ok(["volume", "create", "piped"]);
  await cala.ok(["volume", "import", "piped", "-"], { input: gzipSync(readFileSync(file)) });
  assert.is(await cala.ok([...none, "-v", "piped:/x", "busybox", "cat", "/x/d/f"]), "text");
  assert.is((await cala.fails(["volume", "import", "nowhere", file])).code, 125);
  assert.is(await cala.ok(["volume", "unmount", "packed"]), "packed");
  assert.ok(existsSync(join(await cala.ok(["volume", "mount", "packed"]), "d")));
  assert.match(await cala.ok(["volume", "reload"]), /Added/);
});

test("a volume can belong to an id from the beginning, and a tmpfs volume has no place on the host", async () => {
  await cala.ok(["volume", "create", "--uid", "1000", "--gid", "50", "owned"]);
  await cala.ok(["volume", "create", "-o", "o=uid=7,nocopy", "owned-too"]);
  assert.is(await cala.ok([...none, "-v", "owned:/x", "-v", "owned-too:/y", "busybox", "stat", "-c", "%u:%g", "/x", "/y"]), "1000:50\n7:0");
  assert.match((await cala.fails(["volume", "create", "-o", "o=size=1g", "quota"])).stderr, /quotas/);
  await cala.ok(["volume", "create", "-o", "type=tmpfs", "-o", "o=size=1m,mode=700", "in-memory"]);
  assert.match(await cala.ok([...none, "-v", "in-memory:/x", "busybox", "grep", " /x ", "/proc/mounts"]), /tmpfs.*size=1024k/);
  assert.match((await cala.fails(["volume", "mount", "in-memory"])).stderr, /tmpfs/);
});

test.run();

import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { prepareSuite } from "./harness/suite.ts";
import { waitFor } from "./harness/wait-for.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
import { busyboxLayer } from "./harness/busybox.ts";

const { cala, registry } = await prepareSuite(test, "system", ["busybox", "configured"]);
const none = ["--network", "none"] as const;

interface UsageRow {
  readonly Type: string;
  readonly TotalCount: number;
  readonly Active: number;
  readonly RawSize: number;
  readonly RawReclaimable: number;
}

async function usage(type: string): Promise<UsageRow> {
  const rows = JSON.parse(await cala.ok(["system", "df", "--format", "json"])) as UsageRow[];
  const row = rows.find(({ Type }) => Type === type);
  if (row === undefined) throw new Error(`no row ${type}`);
  return row;
}

test("system df counts layers once, what containers wrote and what volumes hold, whoever owns it", async () => {
  await cala.ok(["pull", "-q", "busybox"]);
  await cala.ok(["pull", "-q", "configured"]);
  await cala.ok(["run", "--name", "writer", ...none, "-v", "kept:/data", "busybox", "sh", "-c", "head -c 300000 /dev/zero >/mine; mkdir -m 700 /data/d; head -c 200000 /dev/zero >/data/d/f; chown -R 1000:1000 /data/d"]);
  const [images, containers, volumes] = [await usage("Images"), await usage("Containers"), await usage("Local Volumes")];
  assert.is(images.TotalCount, 2);
  assert.is(images.Active, 1);
  assert.ok(images.RawReclaimable < images.RawSize);
  assert.is(containers.RawSize, 300_000);
  assert.is(containers.RawReclaimable, 300_000);
  assert.is(volumes.RawSize, 200_000);
  assert.is(volumes.RawReclaimable, 0);
  const table = await cala.ok(["system", "df"]);
  assert.match(table, /^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\nImages +2 +1 /);
  assert.match(table, /Containers +1 +0 +300kB +300kB \(100%\)/);
  const verbose = await cala.ok(["system", "df", "-v"]);
  assert.match(verbose, /Images space usage:\n\nREPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS/);
  assert.match(verbose, /writer\n/);
  assert.match(verbose, /kept +1 +200kB/);
});

test("system prune removes stopped containers and dangling images, with --volumes volumes, and says what came free", async () => {
  const asked = await cala.run(["system", "prune"], { input: "n\n" });
  assert.is(asked.code, 0);
  assert.match(asked.stderr, /WARNING! This command removes:\n\t- all stopped containers/);
  assert.is((await usage("Containers")).TotalCount, 1);
  const id = await cala.ok(["inspect", "--format", "{{.Id}}", "writer"]);
  assert.is(await cala.ok(["system", "prune", "-f", "--filter", "until=24h"]), "Total reclaimed space: 0B");
  await cala.ok(["network", "create", "unused-net"]);
  assert.is(await cala.ok(["system", "prune", "-f"]), `Deleted Containers\n${id}\nDeleted Networks\nunused-net\nTotal reclaimed space: 300kB`);
  assert.is((await usage("Local Volumes")).TotalCount, 1);
  assert.match(await cala.ok(["system", "prune", "-f", "--volumes"]), /Deleted Volumes\nkept\nTotal reclaimed space: 200kB/);
  assert.is((await usage("Images")).TotalCount, 2);
  assert.match(await cala.ok(["system", "prune", "-f", "-a"]), /Deleted Images\n[0-9a-f]{64}\n[0-9a-f]{64}\nTotal reclaimed space: [\d.]+MB/);
  assert.equal(readdirSync(join(cala.root, "data/layers")), []);
  assert.match((await cala.fails(["system", "prune", "-f", "--filter", "size=3"])).stderr, /there is no filter "size"/);
});

test("rmi and prune do not wait for a pull, and take nothing that it needs", async () => {
  const fake = await startFakeRegistry();
  try {
    const { layers } = fake.serve("slow", [await busyboxLayer(), Buffer.alloc(1024)]);
    const slow = `/v2/slow/blobs/${layers[1]?.digest ?? ""}`;
    const held = fake.hold(slow);
    await cala.ok(["pull", "-q", "busybox"]);
    const pulling = cala.run(["pull", "-q", "--tls-verify=false", `${fake.address}/slow`]);
    await waitFor("the pull to hang", () => held.waiting() > 0 && readdirSync(join(cala.root, "data/layers")).length > 0);
    // The pull and this image share a layer, which the image's removal must leave.
    await cala.ok(["rmi", "-f", "busybox"]);
    await cala.ok(["image", "prune", "-f", "-a"]);
    held.release();
    const pulled = await pulling;
    assert.is(pulled.code, 0, pulled.stderr);
    assert.match(await cala.ok(["system", "check"]), /^no damage: 1 images/);
    assert.is(await cala.ok(["run", "--rm", ...none, `${fake.address}/slow`, "echo", "whole"]), "whole");
  } finally {
    await fake.stop();
  }
});

test("system migrate stops what runs, renumber has nothing to do", async () => {
  await cala.ok(["run", "-d", "--name", "runs", ...none, "busybox", "payload", "signals"]);
  assert.is(await cala.ok(["system", "migrate"]), "runs");
  assert.is(await cala.ok(["inspect", "--format", "{{.State.Status}}", "runs"]), "exited");
  assert.match((await cala.fails(["system", "migrate", "--new-runtime", "runc"])).stderr, /refused/);
  assert.match(await cala.ok(["system", "renumber"]), /nothing to do/);
  await cala.ok(["rm", "runs"]);
});

test("system reset removes everything of cala's and nothing else, and refuses what carries no mark of it", async () => {
  await cala.ok(["run", "-d", "--name", "lives", ...none, "-v", "vol:/v", "busybox", "sleep", "1000"]);
  writeFileSync(join(cala.root, "data/mine.txt"), "mine");
  const asked = await cala.run(["system", "reset"], { input: "n\n" });
  assert.match(asked.stderr, /WARNING! This will remove 1 containers, \d+ images and 1 volumes/);
  assert.ok(existsSync(join(cala.root, "data/layers")));
  const done = await cala.run(["system", "reset", "--force"]);
  assert.is(done.code, 0, done.stderr);
  assert.match(done.stderr, /mine\.txt" is not cala's and stays/);
  assert.equal(readdirSync(join(cala.root, "data")), ["mine.txt"]);
  assert.ok(!existsSync(join(cala.root, "cache")));
  assert.is(await cala.ok(["ps", "-aq"]), "");
  // A directory that only looks like a store.
  const other = join(cala.root, "other");
  mkdirSync(join(other, "data/layers"), { recursive: true });
  assert.match((await cala.fails(["--root", other, "system", "reset", "-f"])).stderr, /is not reset: it has no file "format"/);
  assert.ok(existsSync(join(other, "data/layers")));
  await cala.ok(["pull", "-q", registry.reference("busybox")]);
  assert.is(await cala.ok(["run", "--rm", ...none, "busybox", "echo", "afresh"]), "afresh");
});

test.run();

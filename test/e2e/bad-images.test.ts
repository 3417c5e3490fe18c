import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer } from "./harness/busybox.ts";
import { serveManifest, startFakeRegistry } from "./harness/fake-registry.ts";
import { freePort } from "./harness/free-port.ts";
import { prepareSuite } from "./harness/suite.ts";
import { tarBytes, type TarEntry } from "./harness/tar.ts";

const { cala } = await prepareSuite(test, "bad-images");
const fake = await startFakeRegistry();
cala.useRegistry(fake.address);
const base = await busyboxLayer();

test.after(fake.stop);

/** What the store holds, by name; a failed pull leaves it as it was. */
function store(): string[] {
  return ["images", "tags", "layers", "blobs/sha256", "staging"].flatMap((dir) => {
    const path = join(cala.root, "data", dir);
    return existsSync(path) ? readdirSync(path).map((name) => `${dir}/${name}`) : [];
  }).sort();
}

async function refuses(name: string, message: RegExp): Promise<void> {
  await cala.ok(["pull", "-q", "sound"]);
  const before = store();
  const pull = await cala.fails(["pull", name], { timeoutMs: 60_000 });
  assert.is(pull.code, 125, pull.stderr);
  assert.match(pull.stderr, message);
  assert.not.match(pull.stderr, /^\s+at .*\.(js|cjs|ts):\d+/m, "a stack trace is no message");
  assert.equal(store(), before);
}

fake.serve("sound", [base]);

test("an unknown image: one clear error", async () => {
  await refuses("never-heard-of", /never-heard-of/);
});

test("a registry that cannot be reached: an error that names it", async () => {
  const address = `127.0.0.1:${await freePort()}`;
  await refuses(`${address}/thing`, new RegExp(address));
});

test("a layer with other bytes than its digest says", async () => {
  const image = fake.serve("wrong-digest", [base, tarBytes([{ name: "x", content: "1" }])]);
  const layer = image.layers[1];
  assert.ok(layer);
  fake.answers.set(`/v2/wrong-digest/blobs/${layer.digest}`, { body: Buffer.alloc(layer.size, 7) });
  await refuses("wrong-digest", /digest|sha256/);
});

test("a layer that is cut short", async () => {
  const image = fake.serve("truncated", [base, tarBytes([{ name: "y", content: "2".repeat(50_000) }])]);
  const path = `/v2/truncated/blobs/${image.layers[1]?.digest}`;
  const whole = fake.answers.get(path);
  assert.ok(whole);
  fake.answers.set(path, { ...whole, cutAt: Math.floor(whole.body.length / 2) });
  await refuses("truncated", /./);
});

test("a layer whose content is not what the config's diff id says", async () => {
  const good = fake.serve("other-content", [base, tarBytes([{ name: "z", content: "3" }])]);
  const bad = fake.serve("elsewhere", [tarBytes([{ name: "z", content: "4" }])]);
  const [first] = good.layers;
  const [wrong] = bad.layers;
  assert.ok(first && wrong);
  fake.answers.set(`/v2/other-content/blobs/${wrong.digest}`, fake.answers.get(`/v2/elsewhere/blobs/${wrong.digest}`) ?? { body: Buffer.alloc(0) });
  serveManifest(fake.answers, "other-content", good.config, [first, wrong]);
  await refuses("other-content", /diff|digest|content/i);
});

test("a manifest that is no JSON, and one that lacks its layers", async () => {
  const type = "application/vnd.oci.image.manifest.v1+json";
  fake.answers.set("/v2/no-json/manifests/latest", { body: Buffer.from("<html>"), type });
  await refuses("no-json", /manifest|JSON/i);
  fake.answers.set("/v2/no-layers/manifests/latest", { body: Buffer.from('{"schemaVersion":2}'), type });
  await refuses("no-layers", /manifest|config|media type/i);
});

test("a layer that is no archive", async () => {
  fake.serve("no-archive", [base, Buffer.from("this is not a tar archive ".repeat(100))]);
  await refuses("no-archive", /./);
});

/** Layers that try to leave their root. Each is refused, or unpacked with everything inside the root; never anything outside. */
const climbers: ReadonlyArray<readonly [what: string, entries: (outside: string) => readonly TarEntry[]]> = [
  ["by ..", (outside) => [{ name: `../../../../../../../../../..${outside}`, content: "escaped" }]],
  ["by an absolute name", (outside) => [{ name: outside, content: "escaped" }]],
  ["through an absolute symlink", (outside) => [{ name: "link", type: "symlink", target: join(outside, "..") }, { name: "link/escaped", content: "escaped" }]],
  ["through a relative symlink", (outside) => [{ name: "link", type: "symlink", target: `../../../../../../../../../..${join(outside, "..")}` }, { name: "link/escaped", content: "escaped" }]],
  ["by a hard link to a host file", () => [{ name: "stolen", type: "hardlink", target: "../../../../../../../../../../etc/hostname" }]],
  ["by a whiteout of a parent", () => [{ name: "../../.wh.data", content: "" }]],
  ["by an opaque mark on a symlink", (outside) => [{ name: "link", type: "symlink", target: join(outside, "..") }, { name: "link/.wh..wh..opq", content: "" }]],
];

for (const [what, entries] of climbers) {
  test(`a layer that climbs out ${what} reaches nothing outside`, async () => {
    const outside = join(cala.home, "escaped");
    const name = `climber-${what.replaceAll(/\W+/g, "-").replace(/-$/, "")}`;
    fake.serve(name, [base, tarBytes(entries(outside))]);
    const before = readdirSync(cala.home);
    const pull = await cala.run(["pull", name]);
    assert.ok(pull.code === 0 || pull.code === 125, pull.stderr);
    assert.equal(readdirSync(cala.home), before);
    assert.ok(existsSync(join(cala.root, "data")));
    if (pull.code === 0 && what.includes("hard link")) assert.unreachable("a hard link out of the root was accepted");
    await cala.ok(["pull", "-q", "sound"]);
  });
}

const badArchives: ReadonlyArray<readonly [what: string, bytes: Uint8Array]> = [
  ["an empty file", Buffer.alloc(0)],
  ["random bytes", Buffer.from("0123456789abcdef".repeat(200))],
  ["a tar with nothing of an image", tarBytes([{ name: "a", content: "b" }])],
  ["a manifest.json that is no JSON", tarBytes([{ name: "manifest.json", content: "[{" }])],
  ["a manifest.json that names files outside", tarBytes([{ name: "manifest.json", content: '[{"Config":"../../etc/passwd","RepoTags":["a:b"],"Layers":["/etc/passwd"]}]' }])],
];

for (const [what, bytes] of badArchives) {
  test(`load of ${what}: one clear error`, async () => {
    const load = await cala.fails(["load"], { input: bytes });
    assert.is(load.code, 125);
    assert.not.match(load.stderr, /^\s+at .*\.(js|cjs|ts):\d+/m);
  });
}

test("an image whose / and /etc are another user's and let nobody in runs all the same, whatever the driver and the ids: / is the container's root's", async () => {
  fake.serve("closed", [base, tarBytes(["./", "etc/"].map((name) => ({ name, type: "directory", uid: 1000, gid: 1000, mode: 0o700 })))]);
  await cala.ok(["pull", "-q", "closed"]);
  const look = async (driver: string, ...options: readonly string[]): Promise<string> =>
    await cala.ok(["run", "--rm", "--network", "none", ...options, "closed", "stat", "-c", "%u %a", "/", "/etc"], driver === "" ? {} : { env: { CALA_STORAGE_DRIVER: driver } });
  const seen = "0 755\n1000 700";
  assert.equal(await Promise.all([look(""), look("", "-u", "1000"), look("", "--userns", "auto"), look("vfs"), look("vfs", "--userns", "auto")]), [seen, seen, seen, seen, seen]);
});

test.run();

import { appendFileSync, chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync, unlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { busyboxLayer } from "./harness/busybox.ts";
import { startFakeRegistry } from "./harness/fake-registry.ts";
import { prepareSuite } from "./harness/suite.ts";
import { tarBytes } from "./harness/tar.ts";

const { cala } = await prepareSuite(test, "check", []);
const fake = await startFakeRegistry();
test.after(async () => await fake.stop());
cala.useRegistry(fake.address);

const marked = tarBytes([{ name: "mark", content: "a mark that nobody changes\n" }, { name: "link", type: "symlink", target: "mark" }]);
const served = fake.serve("marked", [await busyboxLayer(), marked], { Cmd: ["cat", "/mark"] });
const upperLayer = served.layers[1];
const data = join(cala.root, "data");
const configHex = served.config.digest.slice("sha256:".length);

/** The directory of the layer with the mark. */
function layerDir(): string {
  const found = readdirSync(join(data, "layers")).map((name) => join(data, "layers", name)).find((dir) => existsSync(join(dir, "diff/mark")) || existsSync(join(dir, "diff/link")) || !existsSync(join(dir, "diff/bin")));
  if (found === undefined) throw new Error("the layer is not there");
  return found;
}

function flipByte(path: string, at = 3): void {
  const bytes = readFileSync(path);
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.from([(bytes[at] ?? 0) ^ 0x20]), 0, 1, at);
  closeSync(fd);
}

const blobsFetched = (since: number): string[] => fake.requests.slice(since).filter((line) => line.startsWith("GET") && line.includes("/blobs/"));

interface Case {
  readonly name: string;
  readonly damage: () => void;
  /** What the check says. */
  readonly says: RegExp;
  /** Digests of the blobs that the repair fetches, and no others. */
  readonly fetches: readonly string[];
}

const layer = upperLayer?.digest ?? "";
const cases: readonly Case[] = [
  { name: "a flipped byte in a file of a layer", damage: () => flipByte(join(layerDir(), "diff/mark")), says: /damaged layer .*another digest/, fetches: [layer] },
  { name: "a truncated file of a layer", damage: () => truncateSync(join(layerDir(), "diff/mark"), 4), says: /damaged layer .*too short/, fetches: [layer] },
  { name: "a missing file of a layer", damage: () => unlinkSync(join(layerDir(), "diff/mark")), says: /damaged layer .*missing/, fetches: [layer] },
  { name: "a flipped byte in a layer's split file", damage: () => flipByte(join(layerDir(), "split"), 40), says: /damaged layer/, fetches: [layer] },
  { name: "a missing split file", damage: () => unlinkSync(join(layerDir(), "split")), says: /damaged layer .*split" is missing/, fetches: [layer] },
  { name: "a layer's damaged record", damage: () => writeFileSync(join(layerDir(), "record.json"), "{"), says: /damaged layer .*not JSON/, fetches: [layer] },
  { name: "a missing layer", damage: () => rmSync(layerDir(), { recursive: true }), says: /damaged layer .*it is missing/, fetches: [layer] },
  { name: "a foreign file in a layer's tree", damage: () => writeFileSync(join(layerDir(), "diff/intruder"), "x"), says: /damaged layer .*"intruder" does not belong to it/, fetches: [] },
  { name: "a changed mode in a layer's tree", damage: () => chmodSync(join(layerDir(), "diff/mark"), 0o666), says: /damaged layer .*the mode of "mark" has changed/, fetches: [] },
  {
    name: "a changed symbolic link", says: /damaged layer .*of "link" has changed/, fetches: [],
    damage: () => { unlinkSync(join(layerDir(), "diff/link")); symlinkSync("/etc/shadow", join(layerDir(), "diff/link")); },
  },
  { name: "a flipped byte in a config", damage: () => flipByte(join(data, "blobs/sha256", configHex)), says: /damaged document/, fetches: [served.config.digest] },
  { name: "a missing config", damage: () => unlinkSync(join(data, "blobs/sha256", configHex)), says: /damaged document .*missing/, fetches: [served.config.digest] },
  { name: "an image's truncated record", damage: () => truncateSync(join(data, "images", `${configHex}.json`), 50), says: /damaged image/, fetches: [] },
];

test("a store that is well has no damage", async () => {
  await cala.ok(["pull", "-q", "marked"]);
  assert.is(await cala.ok(["system", "check"]), "no damage: 1 images, 2 layers, 0 containers");
});

for (const { name, damage, says, fetches } of cases) {
  test(`${name} is found, and only what is damaged is fetched again`, async () => {
    damage();
    const found = await cala.fails(["system", "check"]);
    assert.is(found.code, 1);
    assert.match(found.stdout, says);
    const before = fake.requests.length;
    assert.match(await cala.ok(["system", "check", "--repair"]), /mended: /);
    assert.equal(blobsFetched(before).map((line) => line.split("/").at(-1)), fetches);
    assert.match(await cala.ok(["system", "check"]), /^no damage/);
  });
}

test("what was mended runs", async () => {
  assert.is(await cala.ok(["run", "--rm", "--network", "none", "--pull", "never", "marked"]), "a mark that nobody changes");
});

test("names that are damaged or lead nowhere go, the image stays", async () => {
  await cala.ok(["tag", "marked", "localhost/second"]);
  const tag = readdirSync(join(data, "tags")).map((file) => join(data, "tags", file)).find((path) => readFileSync(path, "utf8").includes("localhost/second"));
  truncateSync(tag ?? "", 5);
  assert.match((await cala.fails(["system", "check", "--quick"])).stdout, /damaged name/);
  assert.match(await cala.ok(["system", "check", "--repair"]), /removed: name/);
  assert.is(await cala.ok(["image", "exists", "marked"]), "");
});

test("files that are not cala's are told of and left alone", async () => {
  const files = [join(data, "stranger"), join(data, "images/notes.txt"), join(data, "blobs/sha256/README")];
  for (const file of files) writeFileSync(file, "mine");
  const found = await cala.fails(["system", "check", "--quick", "--repair"]);
  for (const file of files) {
    assert.ok(found.stdout.includes(`damaged foreign "${file}"`), found.stdout);
    assert.is(readFileSync(file, "utf8"), "mine");
    unlinkSync(file);
  }
});

test("without a registry that has it a damaged image stays as it is; without any origin it is removed, unless a container needs it", async () => {
  cala.useRegistry("127.0.0.1:1");
  flipByte(join(layerDir(), "diff/mark"));
  // The name still says where it came from: that registry answers, but has it no more.
  const answers = [...fake.answers];
  for (const [path] of answers) fake.answers.set(path, { body: Buffer.from("not for you"), status: 403 });
  const kept = await cala.fails(["system", "check", "--repair"]);
  assert.match(kept.stdout, /kept: image .*cannot be mended now/);
  fake.answers.clear();
  await cala.ok(["create", "--name", "needs-it", "--network", "none", "--pull", "never", "marked"]);
  assert.match((await cala.fails(["system", "check", "--repair"])).stdout, /kept: image .*needs-it need it; --force/);
  assert.match(await cala.ok(["system", "check", "--repair", "--force"]), /removed: image .* and needs-it/);
  assert.match(await cala.ok(["system", "check"]), /^no damage: 0 images/);
  for (const [path, answer] of answers) fake.answers.set(path, answer);
  cala.useRegistry(fake.address);
});

test("containers: a damaged record and a lost name are found and mended or removed", async () => {
  await cala.ok(["create", "--name", "renamed", "--network", "none", "marked"]);
  unlinkSync(join(data, "names/renamed"));
  assert.match((await cala.fails(["system", "check", "-q"])).stdout, /damaged container .*its name "renamed"/);
  assert.match(await cala.ok(["system", "check", "-q", "-r"]), /mended: container "renamed"/);
  const id = await cala.ok(["inspect", "--format", "{{.Id}}", "renamed"]);
  appendFileSync(join(data, "containers", id, "record.json"), "}");
  assert.match((await cala.fails(["system", "check", "-q", "-r"])).stdout, /kept: container/);
  assert.match(await cala.ok(["system", "check", "-q", "-r", "-f"]), /removed: container/);
});

test("a volume without a record keeps its files and gets a new one", async () => {
  await cala.ok(["volume", "create", "kept"]);
  const dir = join(data, "volumes/kept");
  writeFileSync(join(dir, "data/file"), "precious");
  unlinkSync(join(dir, "record.json"));
  assert.match((await cala.fails(["system", "check", "-q"])).stdout, /damaged volume "kept"/);
  await cala.ok(["system", "check", "-q", "-r"]);
  assert.is(readFileSync(join(dir, "data/file"), "utf8"), "precious");
  await cala.ok(["volume", "rm", "kept"]);
});

test("what killed commands left is swept without a word", async () => {
  const dead = "4194303-1-0123456789ab";
  mkdirSync(join(data, "staging", `layer-${dead}`), { recursive: true });
  writeFileSync(join(data, "images", `${"0".repeat(64)}.json.4194303.0123456789ab.tmp`), "{");
  mkdirSync(join(data, "containers", "f".repeat(64)), { recursive: true });
  symlinkSync("f".repeat(64), join(data, "names/half-made"));
  assert.match(await cala.ok(["system", "check"]), /^no damage/);
  assert.equal(readdirSync(join(data, "staging")), []);
  assert.ok(!existsSync(join(data, "containers", "f".repeat(64))));
  assert.equal(readdirSync(join(data, "names")), []);
});

test.run();

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startRegistry } from "./harness/registry.ts";
import { runOk } from "./harness/spawn.ts";
import { prepareSuite } from "./harness/suite.ts";

const { cala } = await prepareSuite(test, "artifact", []);
const target = await startRegistry([], { empty: true });
test.after(async () => await target.stop());

const name = `${target.address}/models/tiny:1`;
const [weights, readme, extra] = ["weights.bin", "README.md", "extra"].map((file) => join(cala.home, file)) as [string, string, string];
writeFileSync(weights, Buffer.alloc(300_000, 7));
writeFileSync(readme, "read me\n");
writeFileSync(extra, "more\n");
const blobs = (): string[] => readdirSync(join(cala.root, "data/artifacts/blobs"));

interface Document {
  readonly Manifest: { readonly artifactType: string; readonly layers: readonly { readonly mediaType: string; readonly digest: string; readonly annotations: Readonly<Record<string, string>> }[] };
  readonly Digest: string;
  readonly Name: string;
}

test("add makes an artifact, ls and inspect show it, append adds to it, extract writes its files", async () => {
  assert.match(await cala.ok(["artifact", "add", "--type", "application/x-model", "--annotation", "k=v", name, weights, readme]), /^sha256:[0-9a-f]{64}$/);
  assert.match((await cala.fails(["artifact", "add", name, extra])).stderr, /already/);
  const digest = await cala.ok(["artifact", "add", "--append", name, extra]);
  const document = JSON.parse(await cala.ok(["artifact", "inspect", name])) as Document;
  assert.is(document.Digest, digest);
  assert.is(document.Manifest.artifactType, "application/x-model");
  assert.equal(document.Manifest.layers.map((layer) => layer.annotations["org.opencontainers.image.title"]), ["weights.bin", "README.md", "extra"]);
  assert.is(document.Manifest.layers[0]?.annotations["k"], "v");
  assert.match(await cala.ok(["artifact", "ls"]), /^REPOSITORY +TAG +DIGEST +CREATED +SIZE\n127\.0\.0\.1:\d+\/models\/tiny +1 +[0-9a-f]{12} .*300 kB/);
  const out = join(cala.home, "out");
  mkdirSync(out);
  await cala.ok(["artifact", "extract", name, out]);
  assert.equal(readFileSync(join(out, "weights.bin")), readFileSync(weights));
  await cala.ok(["artifact", "extract", "--title", "README.md", name, join(cala.home, "single")]);
  assert.is(readFileSync(join(cala.home, "single"), "utf8"), "read me\n");
  assert.match((await cala.fails(["artifact", "extract", name, join(cala.home, "no-directory")])).stderr, /has 3 files/);
});

test("what is pushed is pulled back with the same digest, and skopeo can read it", async () => {
  const digest = await cala.ok(["artifact", "push", "-q", "--tls-verify=false", name]);
  const raw = (await runOk("skopeo", ["inspect", "--raw", "--tls-verify=false", `docker://${name}`])).stdout;
  assert.is(`sha256:${createHash("sha256").update(raw).digest("hex")}`, digest);
  assert.is(await cala.ok(["artifact", "rm", name]), digest);
  assert.equal(blobs(), []);
  assert.is(await cala.ok(["artifact", "pull", "-q", "--tls-verify=false", name]), digest);
  assert.is(await cala.ok(["artifact", "inspect", "--format", "{{.Digest}}", name]), digest);
  assert.match((await cala.fails(["pull", "-q", "--tls-verify=false", name])).stderr, /is an artifact, not a container image\nHint: cala artifact pull/);
});

test("a damaged file is found by check; rm takes only what no other artifact has", async () => {
  await cala.ok(["artifact", "add", "localhost/other", readme]);
  assert.match(await cala.ok(["system", "check"]), /^no damage/);
  const hex = createHash("sha256").update(readFileSync(weights)).digest("hex");
  writeFileSync(join(cala.root, "data/artifacts/blobs", hex), "x");
  assert.match((await cala.fails(["system", "check"])).stdout, /damaged artifact/);
  await cala.ok(["artifact", "pull", "-q", "--tls-verify=false", name]);
  assert.match(await cala.ok(["system", "check"]), /^no damage/);
  await cala.ok(["artifact", "rm", name]);
  assert.is(blobs().length, 2);
  await cala.ok(["artifact", "extract", "localhost/other", join(cala.home, "again")]);
  assert.is(readFileSync(join(cala.home, "again"), "utf8"), "read me\n");
  assert.is((await cala.fails(["artifact", "rm", "nothing"])).code, 1);
  await cala.ok(["artifact", "rm", "--ignore", "nothing"]);
  await cala.ok(["artifact", "rm", "--all"]);
  assert.equal(blobs(), []);
  assert.ok(!existsSync(join(cala.home, "no-directory")));
});

const data = join(cala.root, "data");
const recordOf = (text: string, folder = "artifacts/records"): string => readdirSync(join(data, folder)).map((file) => join(data, folder, file)).find((path) => readFileSync(path, "utf8").includes(text)) ?? "";
const blobOf = (file: string): string => join(data, "artifacts/blobs", createHash("sha256").update(readFileSync(file)).digest("hex"));

for (const [what, damage] of [
  ["a flipped byte in a file", () => writeFileSync(blobOf(weights), Buffer.concat([Buffer.from([8]), readFileSync(weights).subarray(1)]))],
  ["a truncated file", () => truncateSync(blobOf(weights), 100)],
  ["a missing file", () => rmSync(blobOf(weights))],
  ["a changed manifest", () => writeFileSync(recordOf(name), readFileSync(recordOf(name), "utf8").replace("weights.bin", "weights.bim"))],
] as const) {
  test(`${what} of an artifact is found, and the repair fetches it again`, async () => {
    await cala.ok(["artifact", "pull", "-q", "--tls-verify=false", name]);
    damage();
    assert.match((await cala.fails(["system", "check"])).stdout, new RegExp(`damaged artifact "${name}"`));
    assert.match(await cala.ok(["system", "check", "--repair"]), /mended: artifact .* fetched again/);
    assert.match(await cala.ok(["system", "check"]), /^no damage/);
    assert.is((JSON.parse(await cala.ok(["artifact", "inspect", name])) as Document).Manifest.layers[0]?.annotations["org.opencontainers.image.title"], "weights.bin");
  });
}

test("an artifact that no registry has stays damaged and is told of; records that cannot be read go; strange files stay", async () => {
  await cala.ok(["artifact", "add", "localhost/only-here", weights]);
  await cala.ok(["manifest", "create", "a-list"]);
  truncateSync(blobOf(weights), 10);
  truncateSync(recordOf("a-list", "manifests"), 7);
  const strangers = ["artifacts/blobs/notes", "artifacts/records/notes", "manifests/notes", "unsynced/notes", "mounts/notes"].map((path) => join(data, path));
  for (const path of strangers) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, "mine");
  }
  // Two artifacts have the file; the other one's registry has it.
  const { stdout } = await cala.fails(["system", "check", "--repair"]);
  assert.match(stdout, /damaged list .*its record is damaged/);
  assert.match(stdout, /removed: a damaged record of a manifest list/);
  for (const path of strangers) {
    assert.ok(stdout.includes(`damaged foreign "${path}"`), stdout);
    assert.is(readFileSync(path, "utf8"), "mine");
    rmSync(path);
  }
  await cala.ok(["artifact", "rm", name]);
  truncateSync(blobOf(weights), 10);
  assert.match((await cala.fails(["system", "check", "--repair"])).stdout, /kept: artifact "localhost\/only-here:latest": .*cala artifact rm removes it/);
  truncateSync(recordOf("only-here"), 20);
  assert.match(await cala.ok(["system", "check", "--repair"]), /removed: a damaged record of an artifact/);
  assert.match(await cala.ok(["system", "check"]), /^no damage/);
  assert.equal(blobs(), []);
});

test("marks of layers that a killed pull did not put into place are swept, and a strange file there stops no command", async () => {
  const marks = join(data, "unsynced");
  mkdirSync(marks, { recursive: true });
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  for (const of of [boot, "00000000-0000-4000-8000-000000000000"]) writeFileSync(join(marks, `${"a".repeat(64)}.${of}`), "");
  mkdirSync(join(marks, "folder"));
  assert.match((await cala.fails(["system", "check"])).stdout, /damaged foreign .*unsynced\/folder/);
  assert.equal(readdirSync(marks), ["folder"]);
  rmSync(join(marks, "folder"), { recursive: true });
});

test.run();

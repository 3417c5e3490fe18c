import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stagingDir } from "../../../core/dirs/paths.ts";
import { applyLayer } from "../../../core/layer/apply.ts";
import { assembleLayer } from "../../../core/layer/assemble.ts";
import { layerFiles, layerHome } from "../../../core/layer/record.ts";
import { removeLayer } from "../../../core/layer/remove.ts";
import { makeStaging, sweepStaging } from "../../../core/layer/staging.ts";
import { digestOf, type Digest } from "../../../core/oci/digest.ts";
import { detachUnusedLayers, emptyTrash } from "../../../core/storage/collect.ts";
import { layerRecords } from "../../../core/storage/layer-store.ts";
import { needs } from "../../runner/skip.ts";
import { tarOf } from "../../native/tar-fixture.ts";
import { canMapIds, closeSite, layerNames, openSite, stagingNames, type TestSite } from "./store-fixture.ts";

needs("an ordinary user with subordinate ids", canMapIds());

const test = suite<{ site: TestSite }>("applyLayer");
test.before.each((context) => { context.site = openSite(); });
test.after.each(async (context) => { await closeSite(context.site); });

async function* pieces(bytes: Buffer, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "no error";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

async function allBytes(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const tar = tarOf({ name: "etc", type: "5" }, { name: "etc/passwd", data: "root:x:0:0\n", uid: 8, gid: 12 }, { name: "big", data: randomBytes(300_000) });
const diffId = digestOf(tar);
const through = (program: string, bytes: Buffer): Buffer => spawnSync(program, ["-c"], { input: bytes, maxBuffer: 2 ** 28 }).stdout;

const packings: ReadonlyArray<readonly [string, () => Buffer]> = [
  ["nothing", () => tar],
  ["gzip", () => gzipSync(tar)],
  ["gzip in several members", () => Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))])],
  ["zstd", () => through("zstd", tar)],
  ["zstd in several frames", () => Buffer.concat([through("zstd", tar.subarray(0, 700)), through("zstd", tar.subarray(700))])],
  ["bzip2", () => through("bzip2", tar)],
  ["xz", () => through("xz", tar)],
];
for (const [name, make] of packings) {
  test(`a layer packed with ${name} is stored under its diff id and comes out exactly`, async ({ site }) => {
    const bytes = make();
    const layer = await applyLayer(site, pieces(bytes), { diffId, digest: digestOf(bytes), sizeBytes: bytes.length });
    assert.equal([layer.diffId, layer.digest, layer.sizeBytes, layer.alreadyThere], [diffId, digestOf(bytes), bytes.length, false]);
    assert.equal([layer.record.entries, layer.record.sizeBytes], [3, tar.length]);
    assert.ok((await allBytes(assembleLayer(site, diffId))).equals(tar));
    assert.equal(stagingNames(site), []);
  });
}

test("an empty stream is an empty layer, stored twice as one", async ({ site }) => {
  assert.is((await applyLayer(site, pieces(Buffer.alloc(0)))).record.entries, 0);
  assert.is((await applyLayer(site, pieces(Buffer.alloc(0)))).alreadyThere, true);
  assert.is(layerNames(site).length, 1);
});

const wrong: Digest = `sha256:${"0".repeat(64)}`;
const damaged = gzipSync(tar);
const flipped = Buffer.from(damaged).fill(0x55, 100_000, 100_010);
const lies: ReadonlyArray<readonly [string, string, (site: TestSite) => Promise<unknown>]> = [
  ["a wrong digest", "digest-mismatch", (site) => applyLayer(site, pieces(damaged), { digest: wrong })],
  ["a wrong diff id", "digest-mismatch", (site) => applyLayer(site, pieces(damaged), { diffId: wrong })],
  ["too few bytes", "digest-mismatch", (site) => applyLayer(site, pieces(tar), { sizeBytes: tar.length + 1 })],
  ["too many bytes", "digest-mismatch", (site) => applyLayer(site, pieces(tar), { sizeBytes: tar.length - 1 })],
  ["cut gzip", "layer-invalid", (site) => applyLayer(site, pieces(damaged.subarray(0, 200_000)))],
  ["flipped bytes in gzip", "layer-invalid", (site) => applyLayer(site, pieces(flipped))],
  ["a cut tar", "tar-truncated", (site) => applyLayer(site, pieces(tar.subarray(0, 200_000)))],
  ["a climbing name", "layer-escapes", (site) => applyLayer(site, pieces(tarOf({ name: "../x", data: "x" })))],
  ["a bomb", "layer-too-large", (site) => applyLayer(site, pieces(damaged), { maxBytes: 1000 })],
];
for (const [what, code, work] of lies) {
  test(`${what} is refused and leaves nothing`, async ({ site }) => {
    assert.is(await codeOf(work(site)), code);
    assert.equal([stagingNames(site), layerNames(site)], [[], []]);
  });
}

test("a source that fails gives its own error and leaves nothing", async ({ site }) => {
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield tar.subarray(0, 5000);
    await Promise.resolve();
    throw Object.assign(new Error("connection lost"), { code: "download-interrupted" });
  };
  assert.is(await codeOf(applyLayer(site, source())), "download-interrupted");
  assert.equal([stagingNames(site), layerNames(site)], [[], []]);
});

test("an abort ends a layer whose bytes do not come, and leaves nothing", async ({ site }) => {
  const abort = new AbortController();
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield tar.subarray(0, 5000);
    abort.abort();
    await new Promise((resolve) => { abort.signal.addEventListener("abort", resolve); if (abort.signal.aborted) resolve(undefined); });
    yield tar.subarray(5000);
  };
  let name = "";
  await applyLayer(site, source(), { signal: abort.signal }).catch((error: Error) => { name = error.name; });
  assert.is(name, "AbortError");
  assert.equal([stagingNames(site), layerNames(site)], [[], []]);
});

test("layers unpack beside each other, and the same one twice is stored once", async ({ site }) => {
  const tars = [...Array(6).keys()].map((n) => tarOf({ name: `f${n % 5}`, data: String(n % 5) }));
  const layers = await Promise.all(tars.map((one) => applyLayer(site, pieces(one))));
  assert.is(layerNames(site).length, 5);
  assert.is(layers.filter((layer) => layer.alreadyThere).length, 1);
  assert.equal(stagingNames(site), []);
});

test("a damaged stored layer is noticed when it is read", async ({ site }) => {
  await applyLayer(site, pieces(tar));
  const big = join(layerFiles.diff(layerHome(site.dirs, diffId)), "big");
  const bytes = readFileSync(big);
  bytes.writeUInt8(bytes.readUInt8(5) ^ 1, 5);
  writeFileSync(big, bytes);
  assert.is(await codeOf(allBytes(assembleLayer(site, diffId))), "layer-damaged");
  writeFileSync(big, bytes.subarray(0, 10));
  assert.is(await codeOf(allBytes(assembleLayer(site, diffId))), "layer-damaged");
});

test("what a killed process left is swept, what a living one makes is not", async ({ site }) => {
  const mine = makeStaging(site.dirs, "layer");
  const child = spawn("true");
  await new Promise((resolve) => child.on("close", resolve));
  const dead = join(stagingDir(site.dirs), `layer-${child.pid ?? 0}-1-0123456789ab`);
  mkdirSync(join(dead, "diff"), { recursive: true });
  await sweepStaging(site);
  assert.equal([existsSync(dead), existsSync(mine)], [false, true]);
});

test("unused layers are collected, used ones stay", async ({ site }) => {
  const keep = await applyLayer(site, pieces(tar));
  const drop = await applyLayer(site, pieces(tarOf({ name: "a", data: "x" })));
  const collected = detachUnusedLayers(site, new Set([keep.diffId]));
  assert.equal(collected.diffIds, [drop.diffId]);
  await emptyTrash(site, collected);
  assert.equal([layerRecords(site.dirs).map((record) => record.diffId), stagingNames(site)], [[keep.diffId], []]);
  assert.equal([await removeLayer(site, keep.diffId), await removeLayer(site, keep.diffId)], [true, false]);
});

test("memory does not grow with the layer", async ({ site }) => {
  const block = randomBytes(1 << 20);
  const sum = createHash("sha256");
  const source = async function* (): AsyncGenerator<Uint8Array> {
    const head = tarOf({ name: "zero", size: 200 * block.length }).subarray(0, 512);
    sum.update(head);
    yield await Promise.resolve(head);
    for (let part = 0; part < 200; part += 1) {
      sum.update(block);
      yield block;
    }
    const end = Buffer.alloc(1024);
    sum.update(end);
    yield end;
  };
  const before = process.resourceUsage().maxRSS;
  const layer = await applyLayer(site, source());
  assert.is(layer.diffId, `sha256:${sum.digest("hex")}`);
  assert.ok(process.resourceUsage().maxRSS - before < 60_000, `grew by ${process.resourceUsage().maxRSS - before} kB`);
  assert.is(statSync(join(layerFiles.diff(layerHome(site.dirs, layer.diffId)), "zero")).size, 200 * block.length);
});

test("what follows the end of an archive counts against the limit, too", async ({ site }) => {
  const tar = Buffer.concat([tarOf({ name: "a", data: "b" }), randomBytes(3_000_000)]);
  assert.is(await codeOf(applyLayer(site, pieces(gzipSync(tar, { level: 1 }), 100_000), { maxBytes: 1_000_000 })), "layer-too-large");
  assert.equal([layerNames(site), stagingNames(site)], [[], []]);
});

test.run();

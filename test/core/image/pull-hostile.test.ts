import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { downloadsDir, imagesDir, tagsDir } from "../../../core/dirs/paths.ts";
import { partialFile } from "../../../core/image/download.ts";
import { pullImage } from "../../../core/image/pull.ts";
import { digestOf } from "../../../core/oci/digest.ts";
import { mediaTypes } from "../../../core/oci/media-types.ts";
import { hostileServer } from "../registry/hostile-server.ts";
import { imageScratch, type ImageScratch } from "./image-scratch.ts";
import { sampleImage, sampleLayer, type SampleImage } from "./sample-image.ts";

const layer = sampleLayer("random", randomBytes(3_000_000));
const sample = sampleImage([layer]);
const descriptor = { mediaType: "", digest: layer.digest, size: layer.packed.length };
const test = suite<{ scratch: ImageScratch }>("pull from registries that lie", {} as never);
test.before.each((context) => {
  context.scratch = imageScratch();
});
test.after.each(({ scratch }) => scratch.remove());

type Answer = (request: IncomingMessage, response: ServerResponse, times: number) => void;

/** Serves an image; `answers` replaces what is said to paths that contain the key. */
async function pullWith(scratch: ImageScratch, image: SampleImage, answers: Readonly<Record<string, Answer>>, attempts = 1): Promise<{ code: string; requests: readonly string[]; ranges: readonly (string | undefined)[] }> {
  let times = 0;
  const server = await hostileServer((request, response) => {
    const url = request.url ?? "";
    const special = Object.entries(answers).find(([key]) => url.includes(key));
    if (special !== undefined) return special[1](request, response, times++);
    if (url.includes("/manifests/")) return void response.writeHead(200, { "content-type": mediaTypes.ociManifest }).end(image.manifest);
    if (url.includes(image.configDigest)) return void response.end(image.config);
    const found = image.layers.find((each) => url.includes(each.digest));
    return void (found === undefined ? response.writeHead(404).end() : response.end(found.packed));
  });
  try {
    await pullImage(scratch.engine, { name: `${server.host}/a/b:1`, policy: "always", connect: { retry: { attempts, delayMs: 1 }, idleTimeoutMs: 300 } });
    return { code: "fine", requests: server.requests, ranges: server.headers.map((headers) => headers.range) };
  } catch (error) {
    assert.not.ok(existsSync(imagesDir(scratch.engine.dirs)), "no image is left");
    assert.not.ok(existsSync(tagsDir(scratch.engine.dirs)), "no name is left");
    return { code: String((error as { code?: unknown }).code), requests: server.requests, ranges: server.headers.map((headers) => headers.range) };
  } finally {
    await server.stop();
  }
}

const flipped = Buffer.from(layer.packed);
flipped[2_000_000] = (flipped[2_000_000] ?? 0) ^ 1;

test("a layer that breaks off is continued by a range", async ({ scratch }) => {
  const result = await pullWith(scratch, sample, { [layer.digest]: (request, response, times) => {
    if (times > 0) {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1]);
      response.writeHead(206, { "content-range": `bytes ${from}-${layer.packed.length - 1}/${layer.packed.length}` }).end(layer.packed.subarray(from));
      return;
    }
    response.writeHead(200, { "content-length": layer.packed.length });
    response.write(layer.packed.subarray(0, 1_000_000), () => setImmediate(() => response.destroy()));
  } });
  assert.is(result.code, "fine");
  assert.ok(result.ranges.some((range) => range !== undefined && range !== "bytes=0-"));
});

test("a layer that always breaks off ends the pull; what came is kept for the next one", async ({ scratch }) => {
  const result = await pullWith(scratch, sample, { [layer.digest]: (_request, response) => {
    response.writeHead(200, { "content-length": layer.packed.length });
    response.write(layer.packed.subarray(0, 1_500_000), () => setImmediate(() => response.destroy()));
  } }, 0);
  assert.is(result.code, "download-interrupted");
  const kept = statSync(partialFile(scratch.engine.dirs, descriptor)).size;
  assert.ok(kept > 0 && kept <= 1_500_000);
  const again = await pullWith(scratch, sample, {});
  assert.is(again.code, "fine");
  assert.ok(again.ranges.includes(`bytes=${kept}-`));
  assert.not.ok(existsSync(partialFile(scratch.engine.dirs, descriptor)));
});

test("a wrong byte is found, and the wrong bytes are not kept", async ({ scratch }) => {
  assert.is((await pullWith(scratch, sample, { [layer.digest]: (_request, response) => void response.end(flipped) })).code, "digest-mismatch");
  assert.not.ok(existsSync(partialFile(scratch.engine.dirs, descriptor)));
  assert.is(scratch.layers.tars.size, 0);
});

test("a layer longer than its manifest says", async ({ scratch }) => {
  assert.is((await pullWith(scratch, sample, { [layer.digest]: (_request, response) => void response.end(Buffer.concat([layer.packed, Buffer.alloc(10)])) })).code, "digest-mismatch");
});

test("a whole kept file needs no request for the layer", async ({ scratch }) => {
  mkdirSync(downloadsDir(scratch.engine.dirs), { recursive: true });
  writeFileSync(partialFile(scratch.engine.dirs, descriptor), layer.packed);
  const result = await pullWith(scratch, sample, {});
  assert.is(result.code, "fine");
  assert.not.ok(result.requests.some((line) => line.includes(layer.digest)));
});

test("a layer that hangs runs into the deadline", async ({ scratch }) => {
  assert.is((await pullWith(scratch, sample, { [layer.digest]: (_request, response) => {
    response.writeHead(200, { "content-length": layer.packed.length });
    response.write(layer.packed.subarray(0, 1000));
  } }, 0)).code, "download-interrupted");
});

test("an index that leads to itself ends", async ({ scratch }) => {
  const index = (digest: string): Buffer => Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [{ mediaType: mediaTypes.ociIndex, digest, size: 10 }] }));
  // A digest cannot be its own content, so a loop is a long chain: each index names the next.
  const chain = new Map<string, Buffer>();
  let next = digestOf("end");
  for (let length = 0; length < 8; length += 1) {
    const bytes = index(next);
    next = digestOf(bytes);
    chain.set(next, bytes);
  }
  const result = await pullWith(scratch, sample, { "/manifests/": (request, response) => {
    const digest = /sha256:[0-9a-f]{64}/.exec(request.url ?? "")?.[0] ?? next;
    response.writeHead(200, { "content-type": mediaTypes.ociIndex }).end(chain.get(digest));
  } });
  assert.is(result.code, "document-invalid");
});

test("an index that says another size of its manifest", async ({ scratch }) => {
  const entry = { mediaType: mediaTypes.ociManifest, digest: sample.manifestDigest, size: sample.manifest.length + 1 };
  const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [entry] });
  assert.is((await pullWith(scratch, sample, { "/manifests/1": (_request, response) => void response.writeHead(200, { "content-type": mediaTypes.ociIndex }).end(index) })).code, "document-invalid");
});

test("documents that contradict one another or are no image", async ({ scratch }) => {
  const with_ = (change: (manifest: Record<string, unknown>) => void): Record<string, Answer> => {
    const manifest = JSON.parse(sample.manifest.toString()) as Record<string, unknown>;
    change(manifest);
    return { "/manifests/": (_request, response) => void response.writeHead(200, { "content-type": mediaTypes.ociManifest }).end(JSON.stringify(manifest)) };
  };
  const config = { mediaType: mediaTypes.ociConfig, digest: sample.configDigest, size: sample.config.length };
  assert.is((await pullWith(scratch, sample, with_((manifest) => { manifest["layers"] = []; }))).code, "document-invalid");
  assert.is((await pullWith(scratch, sample, with_((manifest) => { manifest["config"] = { ...config, size: 5 }; }))).code, "document-invalid");
  for (const size of [-1, 2 ** 41, 1.5, "7", null]) assert.is((await pullWith(scratch, sample, with_((manifest) => { manifest["config"] = { ...config, size }; }))).code, "document-invalid", String(size));
  for (const digest of ["sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e", "../../etc/passwd", 7]) assert.is((await pullWith(scratch, sample, with_((manifest) => { manifest["config"] = { ...config, digest }; }))).code, "document-invalid", String(digest));
  assert.is((await pullWith(scratch, sample, with_((manifest) => { manifest["manifests"] = []; }))).code, "document-invalid", "manifest and index at once");
  assert.is((await pullWith(scratch, sample, with_((manifest) => { manifest["mediaType"] = mediaTypes.ociIndex; }))).code, "document-invalid", "another kind than it was served as");
  assert.is((await pullWith(scratch, sample, with_((manifest) => { manifest["schemaVersion"] = 1; }))).code, "manifest-unsupported");
  assert.is((await pullWith(scratch, sample, with_((manifest) => { manifest["layers"] = [{ ...descriptor, mediaType: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" }]; }))).code, "image-unsupported");
  assert.is((await pullWith(scratch, sample, with_((manifest) => { manifest["layers"] = [{ ...descriptor, mediaType: "application/vnd.cncf.helm.chart" }]; }))).code, "image-unsupported");
  assert.is((await pullWith(scratch, sample, { [sample.configDigest]: (_request, response) => void response.end("x".repeat(sample.config.length)) })).code, "digest-mismatch");
});

test.run();

import { randomBytes } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadImages } from "../../../core/image/load.ts";
import { pullImage } from "../../../core/image/pull.ts";
import { pushImage, type PushRequest } from "../../../core/image/push.ts";
import { tagImage } from "../../../core/image/tag.ts";
import { imageScratch, type ImageScratch } from "./image-scratch.ts";
import { hasRegistry, skopeo, startRegistry, type RegistryProcess } from "./registry-process.ts";
import { sampleImage, sampleLayer, writeLayout } from "./sample-image.ts";

const sample = sampleImage([sampleLayer("random", randomBytes(2_000_000)), sampleLayer("small", Buffer.from("small"))]);
const connect = { retry: { attempts: 1, delayMs: 5 } };
const plain: Omit<PushRequest, "image"> = { compression: "gzip", forceCompression: false, connect };
const test = suite<{ registry: RegistryProcess; home: ImageScratch; scratch: ImageScratch }>("push to a registry", {} as never);

if (!hasRegistry) {
  test.skip("needs docker-registry and skopeo", () => undefined);
} else {
  test.before(async (context) => {
    context.home = imageScratch();
    context.registry = await startRegistry(context.home.directory);
  });
  test.after(async (context) => {
    await context.registry.stop();
    context.home.remove();
  });
  test.before.each((context) => {
    context.scratch = imageScratch();
  });
  test.after.each(({ scratch }) => scratch.remove());

  test("an image made here is sent, and skopeo reads it", async ({ registry, scratch }) => {
    writeLayout(`${scratch.directory}/layout`, sample);
    await loadImages(scratch.engine, { input: `${scratch.directory}/layout`, names: ["app:1"] });
    const pushed = await pushImage(scratch.engine, { ...plain, image: "app:1", destination: `docker://${registry.host}/new/app:1` });
    assert.is(pushed.reference, `${registry.host}/new/app:1`);
    const text = skopeo("inspect", "--tls-verify=false", `docker://${registry.host}/new/app:1`);
    const seen = JSON.parse(text) as { Digest: string; Layers: string[] };
    assert.is(seen.Digest, pushed.digest);
    const other = imageScratch();
    try {
      const pulled = await pullImage(other.engine, { name: `${registry.host}/new/app:1`, policy: "always", connect });
      assert.is(`sha256:${pulled.image.id}`, sample.configDigest);
      assert.equal([...other.layers.tars.keys()].sort(), sample.layers.map((layer) => layer.diffId).sort());
    } finally {
      other.remove();
    }
  });

  test("what came from the registry goes to another repository without being sent, digest and all", async ({ registry, scratch }) => {
    registry.push(sample, "from/here:1");
    const { image } = await pullImage(scratch.engine, { name: `${registry.host}/from/here:1`, policy: "always", connect });
    await tagImage(scratch.engine, image.id, [`${registry.host}/to/there:2`]);
    const phases = new Map<string, string>();
    const pushed = await pushImage(scratch.engine, { ...plain, image: `${registry.host}/to/there:2`, onProgress: (event) => {
      if (event.kind === "layer" && event.noun === "blob") phases.set(event.id, event.phase);
    } });
    assert.is(pushed.digest, sample.manifestDigest);
    assert.equal([...phases.values()], ["exists", "exists"]);
  });

  test("Docker's manifest form", async ({ registry, scratch }) => {
    writeLayout(`${scratch.directory}/layout`, sample);
    await loadImages(scratch.engine, { input: `${scratch.directory}/layout`, names: ["app:1"] });
    await pushImage(scratch.engine, { ...plain, image: "app:1", destination: `${registry.host}/docker/app:1`, format: "docker" });
    const raw = JSON.parse(skopeo("inspect", "--raw", "--tls-verify=false", `docker://${registry.host}/docker/app:1`)) as { mediaType: string };
    assert.is(raw.mediaType, "application/vnd.docker.distribution.manifest.v2+json");
  });

  test("an image that is not here is one clear error", async ({ registry, scratch }) => {
    await pushImage(scratch.engine, { ...plain, image: `${registry.host}/none:1` }).then(() => assert.unreachable(), (error: { code: string }) => assert.is(error.code, "image-unknown"));
  });
}

test.run();

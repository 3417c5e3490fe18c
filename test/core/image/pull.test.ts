import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { downloadsDir, imagesDir } from "../../../core/dirs/paths.ts";
import { partialFile } from "../../../core/image/download.ts";
import { listTags } from "../../../core/image/image-store.ts";
import { pullAllTags, pullImage } from "../../../core/image/pull.ts";
import { imageScratch, type ImageScratch } from "./image-scratch.ts";
import { hasRegistry, startRegistry, type RegistryProcess } from "./registry-process.ts";
import { sampleImage, sampleLayer } from "./sample-image.ts";

const big = sampleImage([sampleLayer("random", randomBytes(3_000_000)), sampleLayer("small", Buffer.from("small"))]);
const retry = { attempts: 1, delayMs: 5 };
const connect = { retry };

interface Context {
  registry: RegistryProcess;
  scratch: ImageScratch;
  home: ImageScratch;
}

const test = suite<Context>("pull from a registry", {} as Context);

if (!hasRegistry) {
  test.skip("needs docker-registry and skopeo", () => undefined);
} else {
  test.before(async (context) => {
    context.home = imageScratch();
    context.registry = await startRegistry(context.home.directory);
    context.registry.push(big, "team/big:1");
    context.registry.push(big, "team/big:2");
  });
  test.after(async (context) => {
    await context.registry.stop();
    context.home.remove();
  });
  test.before.each((context) => {
    context.scratch = imageScratch();
  });
  test.after.each(({ scratch }) => scratch.remove());

  test("a full name brings the image, its layers and its name", async ({ registry, scratch }) => {
    const result = await pullImage(scratch.engine, { name: `${registry.host}/team/big:1`, policy: "missing", connect });
    assert.is(result.fetched, true);
    assert.is(`sha256:${result.image.id}`, big.configDigest);
    assert.is(result.image.manifestDigest, big.manifestDigest);
    assert.equal([...scratch.layers.tars.keys()].sort(), big.layers.map((layer) => layer.diffId).sort());
    assert.equal(listTags(scratch.engine.dirs).map((tag) => tag.reference), [`${registry.host}/team/big:1`]);
    assert.equal(readdirSync(downloadsDir(scratch.engine.dirs)).filter((name) => name.endsWith(".partial")), []);
  });

  test("an image that is here is not fetched again, unless always", async ({ registry, scratch }) => {
    const name = `${registry.host}/team/big:1`;
    await pullImage(scratch.engine, { name, policy: "missing", connect });
    assert.is((await pullImage(scratch.engine, { name, policy: "missing", connect })).fetched, false);
    assert.is((await pullImage(scratch.engine, { name, policy: "newer", connect })).fetched, false);
    assert.is((await pullImage(scratch.engine, { name, policy: "always", connect })).fetched, true);
    assert.is(scratch.layers.applied, 2, "layers that are here are not unpacked again");
  });

  test("by digest", async ({ registry, scratch }) => {
    const result = await pullImage(scratch.engine, { name: `${registry.host}/team/big@${big.manifestDigest}`, policy: "missing", connect });
    assert.is(result.reference, `${registry.host}/team/big@${big.manifestDigest}`);
  });

  test("all tags", async ({ registry, scratch }) => {
    const results = await pullAllTags(scratch.engine, { name: `${registry.host}/team/big`, policy: "always", connect });
    assert.equal(results.map((result) => result.reference), [`${registry.host}/team/big:1`, `${registry.host}/team/big:2`]);
  });

  test("a short name comes from the search registry, and rewritten names from their location", async ({ registry, scratch }) => {
    writeFileSync(scratch.engine.env["CONTAINERS_REGISTRIES_CONF"] ?? "", `unqualified-search-registries = ["hub.example"]\n[[registry]]\nprefix = "hub.example"\nlocation = "${registry.host}/team"\n`);
    const result = await pullImage(scratch.engine, { name: "big:1", policy: "missing", connect });
    assert.is(result.reference, "hub.example/big:1");
  });

  test("a mirror that is dead or lacks the image is passed over, one that has it is asked alone; the name stays the registry's", async ({ registry, scratch }) => {
    registry.push(big, "cache/app:1");
    const conf = (mirrors: readonly string[], location: string): void => writeFileSync(`${scratch.directory}/registries.conf`, `[[registry]]\nprefix = "main.invalid"\nlocation = "${location}"\n${mirrors.map((mirror) => `[[registry.mirror]]\nlocation = "${mirror}"\n`).join("")}`);
    const steps: string[] = [];
    const pull = async (name: string): Promise<string | undefined> => (await pullImage(scratch.engine, { name, policy: "always", connect, onProgress: (event) => { if (event.kind === "step") steps.push(event.text); } })).reference;
    conf(["127.0.0.1:1/dead", `${registry.host}/lacks`, `${registry.host}/cache`], "main.invalid");
    assert.is(await pull("main.invalid/app:1"), "main.invalid/app:1");
    assert.is(steps.length, 3);
    conf([`${registry.host}/lacks`], `${registry.host}/cache`);
    assert.is(await pull("main.invalid/app:1"), "main.invalid/app:1");
  });

  test("an unknown image is one clear error", async ({ registry, scratch }) => {
    try {
      await pullImage(scratch.engine, { name: `${registry.host}/team/none:9`, policy: "missing", connect });
      assert.unreachable();
    } catch (error) {
      assert.is((error as { code: string }).code, "manifest-unknown");
      assert.match((error as Error).message, `image "${registry.host}/team/none:9" is not in registry`);
    }
    assert.not.ok(existsSync(imagesDir(scratch.engine.dirs)));
  });

  test("the policy never says what is missing and how to get it", async ({ scratch }) => {
    try {
      await pullImage(scratch.engine, { name: "nothing:1", policy: "never" });
      assert.unreachable();
    } catch (error) {
      assert.is((error as { hint: string }).hint, "cala pull nothing:1");
    }
  });

  test("a kept beginning is not fetched again", async ({ registry, scratch }) => {
    const layer = big.layers[0];
    if (layer === undefined) throw new Error("no layer");
    const descriptor = { mediaType: "", digest: layer.digest, size: layer.packed.length };
    mkdirSync(downloadsDir(scratch.engine.dirs), { recursive: true });
    writeFileSync(partialFile(scratch.engine.dirs, descriptor), layer.packed.subarray(0, 2_900_000));
    let first = Infinity;
    await pullImage(scratch.engine, { name: `${registry.host}/team/big:1`, policy: "missing", connect, onProgress: (event) => {
      if (event.kind === "layer" && event.id === layer.digest && event.phase === "transferring") first = Math.min(first, event.doneBytes);
    } });
    assert.ok(scratch.layers.has(layer.diffId));
    assert.not.ok(existsSync(partialFile(scratch.engine.dirs, descriptor)));
  });

  test("a damaged beginning is thrown away and the layer fetched whole", async ({ registry, scratch }) => {
    const layer = big.layers[0];
    if (layer === undefined) throw new Error("no layer");
    const descriptor = { mediaType: "", digest: layer.digest, size: layer.packed.length };
    mkdirSync(downloadsDir(scratch.engine.dirs), { recursive: true });
    writeFileSync(partialFile(scratch.engine.dirs, descriptor), Buffer.alloc(1_500_000));
    await pullImage(scratch.engine, { name: `${registry.host}/team/big:1`, policy: "missing", connect });
    assert.ok(scratch.layers.has(layer.diffId));
  });

  test("two pulls at once unpack each layer once", async ({ registry, scratch }) => {
    const name = `${registry.host}/team/big:1`;
    await Promise.all([pullImage(scratch.engine, { name, policy: "always", connect }), pullImage(scratch.engine, { name, policy: "always", connect })]);
    assert.is(scratch.layers.applied, 2);
  });

  test("an abort ends the pull and leaves no image", async ({ registry, scratch }) => {
    const stop = new AbortController();
    const pull = pullImage(scratch.engine, { name: `${registry.host}/team/big:1`, policy: "always", connect, signal: stop.signal, onProgress: (event) => {
      if (event.kind === "layer" && event.phase === "transferring") stop.abort();
    } });
    try {
      await pull;
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).name, "AbortError");
    }
    assert.not.ok(existsSync(imagesDir(scratch.engine.dirs)));
  });
}

test.run();

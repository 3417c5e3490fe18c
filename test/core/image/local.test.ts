import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blobsDir, containerDir, stagingDir } from "../../../core/dirs/paths.ts";
import { collectBlobs } from "../../../core/image/collect-blobs.ts";
import { imageHistory } from "../../../core/image/history.ts";
import { listImages, listTags } from "../../../core/image/image-store.ts";
import { importImage } from "../../../core/image/import.ts";
import { inspectImage } from "../../../core/image/inspect.ts";
import { listLocalImages } from "../../../core/image/list.ts";
import { loadImages } from "../../../core/image/load.ts";
import { pruneImages } from "../../../core/image/prune.ts";
import { removeImage, usersInTheWay } from "../../../core/image/remove.ts";
import { findImage, requireImage } from "../../../core/image/resolve.ts";
import { saveImages, type SaveFormat } from "../../../core/image/save.ts";
import { tagImage, untagImage } from "../../../core/image/tag.ts";
import { imageTree } from "../../../core/image/tree.ts";
import { imageScratch, type ImageScratch } from "./image-scratch.ts";
import { hasRegistry, skopeo } from "./registry-process.ts";
import { sampleImage, sampleLayer, writeLayout } from "./sample-image.ts";

const sample = sampleImage([sampleLayer("a", Buffer.from("one")), sampleLayer("b", Buffer.alloc(100_000, 7))]);
const keep = { force: false, noPrune: false };
const test = suite<{ scratch: ImageScratch; file: (name: string) => string }>("local images", {} as never);

test.before.each(async (context) => {
  context.scratch = imageScratch();
  context.file = (name) => join(context.scratch.directory, name);
  writeLayout(context.file("layout"), sample);
  await loadImages(context.scratch.engine, { input: context.file("layout"), names: ["app:1"] });
});
test.after.each(({ scratch }) => scratch.remove());

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(() => "no error", (error: unknown) => String((error as { code?: unknown }).code));
}

test("an OCI layout is loaded with its manifest's digest", async ({ scratch }) => {
  const { image, reference } = await requireImage(scratch.engine, "app:1");
  assert.is(reference, "localhost/app:1");
  assert.is(image.manifestDigest, sample.manifestDigest);
  assert.is(`sha256:${image.id}`, sample.configDigest);
});

test("names, short names, ids, prefixes and digests find the same image", async ({ scratch }) => {
  const id = sample.configDigest.slice(7);
  for (const name of ["app:1", "localhost/app:1", id, id.slice(0, 5), `sha256:${id}`, `sha256:${id.slice(0, 12)}`, `localhost/app@${sample.manifestDigest}`]) {
    assert.is((await findImage(scratch.engine, name))?.image.id, id, name);
  }
  for (const name of ["app", "app:2", "other/app:1", "ffffffffffff"]) assert.is(await findImage(scratch.engine, name), undefined, name);
  assert.is(await codeOf(requireImage(scratch.engine, "app")), "image-unknown");
});

for (const format of ["docker-archive", "oci-archive", "oci-dir", "docker-dir"] as SaveFormat[]) {
  for (const compress of format === "docker-archive" ? [false] : [false, true]) {
    test(`saved as ${format}${compress ? ", compressed" : ""}, loaded elsewhere: the same image`, async ({ scratch, file }) => {
      await saveImages(scratch.engine, { images: ["app:1"], format, output: file("saved"), compress });
      const other = imageScratch();
      try {
        const [loaded] = await loadImages(other.engine, { input: file("saved") });
        assert.is(`sha256:${loaded?.image.id ?? ""}`, sample.configDigest);
        assert.equal(loaded?.names, format === "docker-dir" ? [] : ["localhost/app:1"]);
        assert.equal([...other.layers.tars.keys()].sort(), sample.layers.map((layer) => layer.diffId).sort());
        assert.equal(existsSync(stagingDir(scratch.engine.dirs)) ? readdirSync(stagingDir(scratch.engine.dirs)) : [], []);
      } finally {
        other.remove();
      }
    });
  }
}

if (hasRegistry) {
  for (const [format, transport] of [["docker-archive", "docker-archive"], ["oci-archive", "oci-archive"], ["oci-dir", "oci"], ["docker-dir", "dir"]] as const) {
    test(`skopeo reads what is saved as ${format}`, async ({ scratch, file }) => {
      await saveImages(scratch.engine, { images: ["app:1"], format, output: file("saved"), compress: format !== "docker-archive" });
      const text = skopeo("inspect", "--config", `${transport}:${file("saved")}`);
      assert.equal((JSON.parse(text) as { rootfs: { diff_ids: string[] } }).rootfs.diff_ids, sample.layers.map((layer) => layer.diffId));
    });
  }
  test("what skopeo writes as docker archive is loaded", async ({ scratch, file }) => {
    skopeo("copy", "--quiet", `oci:${file("layout")}`, `docker-archive:${file("theirs.tar")}:their/app:9`);
    writeFileSync(file("theirs.tar.gz"), gzipSync(readFileSync(file("theirs.tar"))));
    for (const name of ["theirs.tar", "theirs.tar.gz"]) {
      const [loaded] = await loadImages(scratch.engine, { input: file(name) });
      assert.equal(loaded?.names, ["docker.io/their/app:9"]);
    }
  });
} else {
  test.skip("needs skopeo", () => undefined);
}

test("archives that are none, truncated or damaged are one error each and change nothing", async ({ scratch, file }) => {
  await saveImages(scratch.engine, { images: ["app:1"], format: "docker-archive", output: file("good.tar"), compress: false });
  const good = readFileSync(file("good.tar"));
  const cases: Readonly<Record<string, Buffer>> = {
    empty: Buffer.alloc(0), zeros: Buffer.alloc(4096), text: Buffer.from("hello ".repeat(300)), truncated: good.subarray(0, good.length >> 1), "half a gzip": gzipSync(good).subarray(0, 300),
    "a flipped byte": Buffer.from(good.map((byte, index) => (index === 600 ? byte ^ 1 : byte))),
  };
  const before = [listImages(scratch.engine.dirs), listTags(scratch.engine.dirs)];
  for (const [name, bytes] of Object.entries(cases)) {
    writeFileSync(file("bad.tar"), bytes);
    scratch.layers.tars.clear();
    const code = await codeOf(loadImages(scratch.engine, { input: file("bad.tar") }));
    assert.match(code, /^(archive-invalid|digest-mismatch)$/, name);
    assert.equal([listImages(scratch.engine.dirs), listTags(scratch.engine.dirs)], before);
  }
  assert.is(await codeOf(loadImages(scratch.engine, { input: file("nowhere") })), "archive-unreadable");
});

test("tag, untag and the names they mean", async ({ scratch }) => {
  await tagImage(scratch.engine, "app:1", ["other", "registry.example/team/x:2"]);
  assert.equal(listTags(scratch.engine.dirs).map((tag) => tag.reference), ["localhost/app:1", "localhost/other:latest", "registry.example/team/x:2"]);
  assert.equal(await untagImage(scratch.engine, "other", ["other"]), ["localhost/other:latest"]);
  assert.is(await codeOf(untagImage(scratch.engine, "app:1", ["none"])), "tag-unknown");
  assert.is(await codeOf(tagImage(scratch.engine, "app:1", ["Upper"])), "reference-invalid");
  assert.is((await untagImage(scratch.engine, "app:1", [])).length, 2);
  assert.is(listImages(scratch.engine.dirs).length, 1);
});

test("rmi takes the name first and the image with the last one", async ({ scratch }) => {
  await tagImage(scratch.engine, "app:1", ["second"]);
  assert.is(await codeOf(removeImage(scratch.engine, sample.configDigest.slice(7, 19), keep)), "image-has-names");
  assert.equal(await removeImage(scratch.engine, "second", keep), { untagged: ["localhost/second:latest"], deleted: [] });
  assert.equal(await removeImage(scratch.engine, "app:1", keep), { untagged: ["localhost/app:1"], deleted: [sample.configDigest.slice(7)] });
  assert.is(await codeOf(removeImage(scratch.engine, "app:1", keep)), "image-unknown");
  collectBlobs(scratch.engine.dirs, new Set());
  assert.equal(readdirSync(blobsDir(scratch.engine.dirs)), []);
});

test("an image in use is kept, and its users are named", async ({ scratch }) => {
  const dir = containerDir(scratch.engine.dirs, "c".repeat(64));
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "record.json"), JSON.stringify({ imageId: sample.configDigest.slice(7), name: "web" }));
  try {
    await removeImage(scratch.engine, "app:1", keep);
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, "in use by container web");
  }
  assert.equal((await usersInTheWay(scratch.engine, "app:1")).map((user) => user.name), ["web"]);
  assert.is(await codeOf(removeImage(scratch.engine, "app:1", { ...keep, force: true })), "image-in-use");
  await tagImage(scratch.engine, "app:1", ["second"]);
  assert.equal(await usersInTheWay(scratch.engine, "second"), []);
});

test("import makes an image with the changes asked for", async ({ scratch, file }) => {
  writeFileSync(file("root.tar"), sampleLayer("x", Buffer.from("x")).tar);
  const image = await importImage(scratch.engine, { input: file("root.tar"), name: "fresh", message: "hi", changes: ['CMD ["sh", "-l"]', "ENV A=1 B='2 3'", "EXPOSE 80", "LABEL l=v", "USER me", "WORKDIR /w", "ENTRYPOINT run it"] });
  const document = inspectImage(scratch.engine, image) as { Config: object; RepoTags: string[]; Comment: string };
  assert.equal(document.Config, { Cmd: ["sh", "-l"], Env: ["A=1", "B=2 3"], ExposedPorts: { "80/tcp": {} }, Labels: { l: "v" }, User: "me", WorkingDir: "/w", Entrypoint: ["/bin/sh", "-c", "run it"] });
  assert.equal(document.RepoTags, ["localhost/fresh:latest"]);
  assert.is(document.Comment, "hi");
  assert.is(await codeOf(importImage(scratch.engine, { input: file("root.tar"), changes: ["RUN x"] })), "change-invalid");
  assert.is(await codeOf(importImage(scratch.engine, { input: file("none.tar"), changes: [] })), "archive-unreadable");
});

test("lists, filters, history and tree", async ({ scratch, file }) => {
  writeFileSync(file("root.tar"), sampleLayer("x", Buffer.from("x")).tar);
  const nameless = await importImage(scratch.engine, { input: file("root.tar"), changes: [] });
  const ids = async (...filters: string[]): Promise<string[]> => (await listLocalImages(scratch.engine, { all: false, filters })).map(({ image }) => image.id);
  const app = sample.configDigest.slice(7);
  assert.equal(await ids(), [nameless.id, app]);
  assert.equal(await ids("dangling=true"), [nameless.id]);
  assert.equal(await ids("label=color=red"), [app]);
  assert.equal(await ids("label!=color"), [nameless.id]);
  assert.equal(await ids("reference=app*"), [app]);
  assert.equal(await ids("reference=localhost/app:1"), [app]);
  assert.equal(await ids(`before=${nameless.id}`), [app]);
  assert.equal(await ids("since=app:1"), [nameless.id]);
  assert.equal(await ids("until=1h"), [app]);
  assert.is(await codeOf(ids("color=red")), "filter-invalid");
  assert.is((await imageHistory(scratch.engine, "app:1"))[0]?.createdBy, "step 1");
  assert.equal((await imageTree(scratch.engine, "app:1")).layers[1]?.topOf, ["localhost/app:1"]);
  assert.equal(await pruneImages(scratch.engine, { all: false, filters: [] }), [nameless.id]);
  assert.equal(await pruneImages(scratch.engine, { all: true, filters: [] }), [app]);
});

test.run();

import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseImageConfig, parseManifest } from "../../../core/oci/validate.ts";
import { mediaTypes } from "../../../core/oci/media-types.ts";

const digest = `sha256:${"1".repeat(64)}`;
const descriptor = { mediaType: mediaTypes.ociConfig, digest, size: 10 };
const manifest = { schemaVersion: 2, config: descriptor, layers: [{ ...descriptor, mediaType: mediaTypes.ociLayer }] };
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const parse = (value: unknown, type?: string) => parseManifest(bytes(value), type, "m");

test("a plain manifest and a plain index", () => {
  assert.is(parse(manifest).kind, "manifest");
  assert.is(parse({ schemaVersion: 2, manifests: [descriptor] }, mediaTypes.dockerIndex).kind, "index");
});

const deep = JSON.parse("[".repeat(60) + "]".repeat(60)) as unknown;
const bad: Readonly<Record<string, unknown>> = {
  "a list": [], "text": "x", "schema 1": { ...manifest, schemaVersion: 1 }, "no schema": { ...manifest, schemaVersion: undefined },
  "manifest and index at once": { ...manifest, manifests: [descriptor] },
  "a negative size": { ...manifest, config: { ...descriptor, size: -1 } }, "a huge size": { ...manifest, config: { ...descriptor, size: 1e300 } },
  "a fraction of a size": { ...manifest, config: { ...descriptor, size: 1.5 } }, "a size in words": { ...manifest, config: { ...descriptor, size: "10" } },
  "a path as digest": { ...manifest, config: { ...descriptor, digest: "sha256:../../x" } }, "another algorithm": { ...manifest, config: { ...descriptor, digest: `md5:${"1".repeat(32)}` } },
  "no config": { schemaVersion: 2, layers: [] }, "layers that are no list": { ...manifest, layers: {} }, "too many layers": { ...manifest, layers: Array.from({ length: 600 }, () => descriptor) },
  "endless nesting": { ...manifest, annotations: deep }, "an artifact type": { ...manifest, mediaType: "application/x" },
};
for (const [name, value] of Object.entries(bad)) test(`${name} is refused`, () => assert.throws(() => parse(value), (error: { name?: string }) => error.name === "CalaError"));

test("an index served as manifest is refused (CVE-2021-41190)", () => {
  assert.throws(() => parse({ ...manifest, mediaType: mediaTypes.ociManifest }, mediaTypes.ociIndex), /it says it is/);
});
test("no JSON and no UTF-8 are refused", () => {
  assert.throws(() => parseManifest(Buffer.from("{"), undefined, "m"), /not JSON/);
  assert.throws(() => parseManifest(Buffer.from([0x7b, 0xff, 0x7d]), undefined, "m"), /not JSON/);
});
test("configs: types that the rest relies on", () => {
  const config = (extra: object): Buffer => bytes({ rootfs: { type: "layers", diff_ids: [digest] }, ...extra });
  assert.equal(parseImageConfig(config({}), "c").rootfs.diff_ids, [digest]);
  for (const extra of [{ rootfs: {} , history: 1 }, { config: { Env: "A=b" } }, { config: { Cmd: [1] } }, { config: { User: 0 } }, { config: [] }, { history: [1] }, { rootfs: { diff_ids: ["x"] } }]) {
    assert.throws(() => parseImageConfig(config(extra), "c"), (error: { code?: string }) => error.code === "document-invalid");
  }
});

test.run();

/** Small images made by hand, as documents and layers, and as an OCI layout that skopeo reads. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { digestHex, digestOf, type Digest } from "../../../core/oci/digest.ts";
import { mediaTypes } from "../../../core/oci/media-types.ts";
import { hostPlatform } from "../../../core/oci/platform.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../core/image/tar-writer.ts";

export interface SampleLayer {
  readonly tar: Buffer;
  readonly packed: Buffer;
  readonly diffId: Digest;
  readonly digest: Digest;
}

export interface SampleImage {
  readonly layers: readonly SampleLayer[];
  readonly config: Buffer;
  readonly manifest: Buffer;
  readonly manifestDigest: Digest;
  readonly configDigest: Digest;
}

export function sampleLayer(name: string, content: Buffer): SampleLayer {
  const tar = Buffer.concat([tarHeader(name, content.length), content, tarPadding(content.length), tarEnd()]);
  const packed = gzipSync(tar, { level: 1 });
  return { tar, packed, diffId: digestOf(tar), digest: digestOf(packed) };
}

export function sampleImage(layers: readonly SampleLayer[], extra: object = {}): SampleImage {
  const config = Buffer.from(JSON.stringify({
    created: "2024-05-06T07:08:09Z", ...hostPlatform(), config: { Cmd: ["/bin/true"], Env: ["A=b"], Labels: { color: "red" } },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map((_, index) => ({ created: "2024-05-06T07:08:09Z", created_by: `step ${index}` })), ...extra,
  }));
  const manifest = Buffer.from(JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociManifest,
    config: { mediaType: mediaTypes.ociConfig, digest: digestOf(config), size: config.length },
    layers: layers.map((layer) => ({ mediaType: mediaTypes.ociLayerGzip, digest: layer.digest, size: layer.packed.length })),
  }));
  return { layers, config, manifest, manifestDigest: digestOf(manifest), configDigest: digestOf(config) };
}

/** Writes an image as an OCI layout; skopeo takes it from there to a registry. */
export function writeLayout(directory: string, image: SampleImage): void {
  const blobs = join(directory, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer): void => writeFileSync(join(blobs, digestHex(digestOf(bytes))), bytes);
  for (const layer of image.layers) put(layer.packed);
  put(image.config);
  put(image.manifest);
  writeFileSync(join(directory, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(directory, "index.json"), JSON.stringify({
    schemaVersion: 2, mediaType: mediaTypes.ociIndex,
    manifests: [{ mediaType: mediaTypes.ociManifest, digest: image.manifestDigest, size: image.manifest.length }],
  }));
}

/** Makes an image of stored layers and a config: what import, commit and build end with. */
import { syncInBackground } from "../layer/unsynced.ts";
import { withStore } from "../storage/with-store.ts";
import { digestOf } from "../oci/digest.ts";
import type { ImageConfig, Manifest } from "../oci/image-types.ts";
import { mediaTypes } from "../oci/media-types.ts";
import type { ImageEngine } from "./engine.ts";
import type { ImageLayer, ImageRecord } from "./image-record.ts";
import { putBlob, saveImage, setTag } from "./image-store.ts";
import { imageRecord } from "./store-image.ts";

/** What a new image is made of. */
export interface NewImage {
  readonly config: ImageConfig;
  /** Stored layers, lowest first; the config's diff ids follow from them. */
  readonly layers: readonly ImageLayer[];
  /** Full references. */
  readonly names: readonly string[];
  readonly parentId?: string;
  /** Of the documents; OCI's unless given. */
  readonly format?: "oci" | "docker";
}

/** Stores the documents and the record, then the names. */
export async function createImage(engine: ImageEngine, parts: NewImage): Promise<ImageRecord> {
  const config: ImageConfig = { ...parts.config, rootfs: { type: "layers", diff_ids: parts.layers.map((layer) => layer.diffId) } };
  const configBytes = Buffer.from(JSON.stringify(config));
  const isDocker = parts.format === "docker";
  const manifest: Manifest = {
    schemaVersion: 2, mediaType: isDocker ? mediaTypes.dockerManifest : mediaTypes.ociManifest,
    config: { mediaType: isDocker ? mediaTypes.dockerConfig : mediaTypes.ociConfig, digest: digestOf(configBytes), size: configBytes.length },
    layers: parts.layers.map((layer) => ({ mediaType: layer.mediaType, digest: layer.digest, size: layer.sizeBytes })),
  };
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  const manifestDigest = digestOf(manifestBytes);
  const made = await withStore(engine.dirs, "shared", () => {
    putBlob(engine.dirs, configBytes);
    putBlob(engine.dirs, manifestBytes);
    const record = imageRecord(engine, { manifest, manifestDigest, layers: parts.layers, config, digests: [manifestDigest] });
    const image = saveImage(engine.dirs, parts.parentId === undefined ? record : { ...record, parentId: parts.parentId });
    for (const reference of parts.names) setTag(engine.dirs, { reference, imageId: image.id, digest: manifestDigest });
    return image;
  });
  syncInBackground(engine.dirs);
  return made;
}

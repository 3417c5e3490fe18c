/** What `docker save` and `podman save` write: manifest.json, configs, and layers as tar files. */
import { CalaError, messageOf } from "../../base/error.ts";
import { createHash } from "node:crypto";
import { sniffPacking } from "../../layer/compression.ts";
import { digestOf, type Digest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/image-types.ts";
import { layerMediaType, mediaTypes } from "../../oci/media-types.ts";
import { formatReference, splitName, withDefaults } from "../../oci/reference.ts";
import { largestDocumentBytes, parseImageConfig } from "../../oci/validate.ts";
import { documentAnswer, useOnce, type ArchivedImage } from "./archived-image.ts";
import type { FileTree } from "./tree.ts";

interface Entry {
  readonly Config: string;
  readonly RepoTags: readonly string[];
  readonly Layers: readonly string[];
}

/** Whether a tree is such an archive. */
export function isDockerArchive(tree: FileTree): boolean {
  return tree.has("manifest.json");
}

/** The images of an archive. @throws CalaError `archive-invalid` */
export async function dockerArchiveImages(tree: FileTree): Promise<ArchivedImage[]> {
  return (await readEntries(tree)).map((entry) => ({ source: sourceOf(tree, entry), names: namesOf(entry) }));
}

async function readEntries(tree: FileTree): Promise<Entry[]> {
  let value: unknown;
  try {
    value = JSON.parse((await tree.read("manifest.json", largestDocumentBytes)).toString("utf8"));
  } catch (error) {
    if (error instanceof CalaError) throw error;
    throw new CalaError("archive-invalid", `"${tree.place}" is not an image archive: its manifest.json is not JSON (${messageOf(error)})`, { cause: error });
  }
  if (!Array.isArray(value) || value.length === 0) throw new CalaError("archive-invalid", `"${tree.place}" is not an image archive: its manifest.json lists no image`);
  return value.map((item: unknown) => entryFrom(item, tree.place));
}

function entryFrom(item: unknown, place: string): Entry {
  const { Config, RepoTags, Layers } = (typeof item === "object" && item !== null ? item : {}) as Readonly<Record<string, unknown>>;
  const isNames = (list: unknown): list is string[] => Array.isArray(list) && list.every((name) => typeof name === "string");
  if (typeof Config !== "string" || !isNames(Layers)) throw new CalaError("archive-invalid", `"${place}" is not an image archive: its manifest.json lacks Config or Layers`);
  return { Config, Layers, RepoTags: isNames(RepoTags) ? RepoTags : [] };
}

function namesOf(entry: Entry): string[] {
  return entry.RepoTags.map((name) => formatReference(withDefaults(splitName(name), "docker.io")));
}

function sourceOf(tree: FileTree, entry: Entry): ArchivedImage["source"] {
  const byDigest = new Map<Digest, string>();
  return {
    name: tree.place,
    manifest: async () => {
      const manifest = await synthesize(tree, entry);
      manifest.layers.forEach((layer, index) => byDigest.set(layer.digest, entry.Layers[index] ?? ""));
      return documentAnswer(Buffer.from(JSON.stringify(manifest)), manifest.mediaType);
    },
    config: async () => await tree.read(entry.Config, largestDocumentBytes),
    layer: async (descriptor, hooks, use) => await useOnce(tree.open(byDigest.get(descriptor.digest) ?? ""), hooks, use),
  };
}

/** These archives have no manifest; the one made here names the layers as they are in the archive. */
async function synthesize(tree: FileTree, entry: Entry): Promise<{ schemaVersion: 2; mediaType: string; config: Descriptor; layers: Descriptor[] }> {
  const configBytes = await tree.read(entry.Config, largestDocumentBytes);
  const config = parseImageConfig(configBytes, `the config "${entry.Config}" of "${tree.place}"`);
  const layers: Descriptor[] = [];
  for (const [index, name] of entry.Layers.entries()) layers.push(await layerDescriptor(tree, name, config.rootfs.diff_ids[index]));
  return {
    schemaVersion: 2, mediaType: mediaTypes.dockerManifest,
    config: { mediaType: mediaTypes.dockerConfig, digest: digestOf(configBytes), size: configBytes.length }, layers,
  };
}

async function layerDescriptor(tree: FileTree, name: string, diffId: Digest | undefined): Promise<Descriptor> {
  const size = tree.sizeBytes(name);
  const mediaType = await packedAs(tree, name);
  // An unpacked layer's digest is its diff id; the store verifies it. A packed one has to be read first.
  const digest = mediaType === mediaTypes.dockerLayer && diffId !== undefined ? diffId : await hash(tree, name);
  return { mediaType, digest, size };
}

async function packedAs(tree: FileTree, name: string): Promise<string> {
  for await (const chunk of tree.open(name) as AsyncIterable<Buffer>) {
    const packing = sniffPacking(chunk);
    if (packing === "gzip" || packing === "zstd") return layerMediaType("docker", packing);
    break;
  }
  return mediaTypes.dockerLayer;
}

async function hash(tree: FileTree, name: string): Promise<Digest> {
  const sum = createHash("sha256");
  for await (const chunk of tree.open(name) as AsyncIterable<Buffer>) sum.update(chunk);
  return `sha256:${sum.digest("hex")}`;
}

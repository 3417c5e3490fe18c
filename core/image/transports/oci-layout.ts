/** An OCI image layout, as a directory or in a tar file. Source: OCI image spec 1.1, image-layout.md. */
import { CalaError } from "../../base/error.ts";
import { digestHex, verifyDigest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/image-types.ts";
import { formatReference, splitName, withDefaults } from "../../oci/reference.ts";
import { largestDocumentBytes, parseManifest } from "../../oci/validate.ts";
import { documentAnswer, useOnce, type ArchivedImage } from "./archived-image.ts";
import type { FileTree } from "./tree.ts";

const refName = "org.opencontainers.image.ref.name";
const containerdName = "io.containerd.image.name";

/** Whether a tree is a layout. */
export function isOciLayout(tree: FileTree): boolean {
  return tree.has("index.json") && (tree.has("oci-layout") || tree.has("blobs/sha256"));
}

/** The images of a layout; with `reference`, the one of that name only. @throws CalaError `archive-invalid`, `image-unknown` */
export async function ociLayoutImages(tree: FileTree, reference = ""): Promise<ArchivedImage[]> {
  const document = parseManifest(await tree.read("index.json", largestDocumentBytes), undefined, `the index of "${tree.place}"`);
  if (document.kind !== "index") throw new CalaError("archive-invalid", `"${tree.place}" is not an image: its index.json is not an index`);
  const entries = document.index.manifests.filter((entry) => reference === "" || entry.annotations?.[refName] === reference);
  if (entries.length === 0) throw new CalaError("image-unknown", reference === "" ? `"${tree.place}" contains no image` : `"${tree.place}" contains no image "${reference}"`);
  return entries.map((entry) => ({ source: sourceOf(tree, entry), names: namesOf(entry) }));
}

function namesOf(entry: Descriptor): string[] {
  const name = entry.annotations?.[containerdName] ?? entry.annotations?.[refName];
  if (name === undefined || name === "") return [];
  try {
    return [formatReference(withDefaults(splitName(name), "localhost"))];
  } catch {
    // A free text that is no image name: the image is taken without one.
    return [];
  }
}

function blobName(descriptor: Descriptor): string {
  return `blobs/sha256/${digestHex(descriptor.digest)}`;
}

function sourceOf(tree: FileTree, entry: Descriptor): ArchivedImage["source"] {
  return {
    name: tree.place,
    manifest: async (descriptor = entry) => {
      const bytes = await tree.read(blobName(descriptor), largestDocumentBytes);
      verifyDigest(bytes, descriptor.digest, `a manifest in "${tree.place}"`);
      return documentAnswer(bytes, descriptor.mediaType);
    },
    config: async (descriptor) => await tree.read(blobName(descriptor), largestDocumentBytes),
    layer: async (descriptor, hooks, use) => await useOnce(tree.open(blobName(descriptor)), hooks, use),
  };
}

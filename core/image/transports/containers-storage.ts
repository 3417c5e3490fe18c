/** The store of podman, buildah and skopeo, read only. Source: containers/storage, images.go and layers.go (the layout on disk). */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { CalaError, isErrno, reasonOf } from "../../base/error.ts";
import { isDigest, verifyDigest, type Digest } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/image-types.ts";
import { parseManifest } from "../../oci/validate.ts";
import { documentAnswer, useOnce, type ArchivedImage } from "./archived-image.ts";

/** Makes the tar of a layer from its tar-split file and its tree. */
export type OpenLayer = (splitFile: string, tree: string) => Readable;

interface StoredImage {
  readonly id: string;
  readonly digest?: string;
  readonly names?: readonly string[];
  /** The top layer; none for an image without layers. */
  readonly layer?: string;
}

interface StoredLayer {
  readonly id: string;
  readonly parent?: string;
}

/** One driver's part of such a store. */
interface Place {
  readonly root: string;
  readonly driver: string;
  readonly layers: ReadonlyMap<string, StoredLayer>;
}

/** The images of a store. @throws CalaError `store-unknown`, `store-unreadable` */
export function containersStorageImages(root: string, openLayer: OpenLayer): ArchivedImage[] {
  const drivers = listing(root).flatMap((name) => /^(.+)-images$/.exec(name)?.[1] ?? []).filter((driver) => existsSync(join(root, `${driver}-images`, "images.json")));
  if (drivers.length === 0) throw new CalaError("store-unknown", `"${root}" is no store of podman's, or has no images`, { hint: "podman info --format '{{.Store.GraphRoot}}' says where it is" });
  return drivers.flatMap((driver) => {
    const layers = [...readList<StoredLayer>(join(root, `${driver}-layers`, "layers.json")), ...readList<StoredLayer>(join(root, `${driver}-layers`, "volatile-layers.json"))];
    const place: Place = { root, driver, layers: new Map(layers.map((layer) => [layer.id, layer])) };
    return readList<StoredImage>(join(root, `${driver}-images`, "images.json")).map((image) => ({ names: image.names ?? [], source: sourceOf(place, image, openLayer) }));
  });
}

function listing(root: string): string[] {
  try {
    return readdirSync(root);
  } catch (error) {
    throw new CalaError("store-unreadable", `the store "${root}" cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function readList<T>(file: string): T[] {
  try {
    const list: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(list) ? (list as T[]) : [];
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw new CalaError("store-unreadable", `the file "${file}" cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

function sourceOf(place: Place, image: StoredImage, openLayer: OpenLayer): ArchivedImage["source"] {
  const name = image.names?.[0] ?? image.id.slice(0, 12);
  const byDigest = new Map<Digest, string>();
  return {
    name, deliversTars: true,
    manifest: async () => {
      const bytes = manifestOf(place, image);
      const document = parseManifest(bytes, undefined, `the manifest of "${name}"`);
      if (document.kind === "index") throw new CalaError("image-unsupported", `"${name}" is a manifest list, not an image`);
      const chain = chainOf(place, image.layer);
      if (chain.length !== document.manifest.layers.length) throw new CalaError("store-unreadable", `image "${name}" has ${chain.length} layers in "${place.root}" and ${document.manifest.layers.length} in its manifest`);
      document.manifest.layers.forEach(({ digest }, index) => byDigest.set(digest, chain[index] ?? ""));
      return await Promise.resolve(documentAnswer(bytes, document.manifest.mediaType));
    },
    config: async (descriptor) => await Promise.resolve(bigData(place, image, descriptor.digest)),
    layer: async (descriptor: Descriptor, hooks, use) => {
      const id = byDigest.get(descriptor.digest) ?? "";
      await useOnce(openLayer(splitFileOf(place, id), treeOf(place, id)), hooks, use);
    },
  };
}

/** The manifest under whose digest the image is known; it keeps others that it was copied from. */
function manifestOf(place: Place, image: StoredImage): Buffer {
  if (!isDigest(image.digest)) return bigData(place, image, "manifest");
  const key = existsSync(bigDataFile(place, image, `manifest-${image.digest}`)) ? `manifest-${image.digest}` : "manifest";
  const bytes = bigData(place, image, key);
  verifyDigest(bytes, image.digest, `the manifest of "${image.names?.[0] ?? image.id.slice(0, 12)}"`);
  return bytes;
}

function bigData(place: Place, image: StoredImage, key: string): Buffer {
  const file = bigDataFile(place, image, key);
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CalaError("store-unreadable", `the file "${file}" cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** Keys of other characters than these are written as base64. */
function bigDataFile(place: Place, image: StoredImage, key: string): string {
  const name = /^[.0-9a-z]+$/.test(key) ? key : `=${Buffer.from(key).toString("base64")}`;
  return join(place.root, `${place.driver}-images`, image.id, name);
}

const mostLayers = 512;

/** Ids of the layers, lowest first. */
function chainOf(place: Place, top: string | undefined): string[] {
  const chain: string[] = [];
  for (let id = top; id !== undefined && id !== "" && chain.length <= mostLayers; id = place.layers.get(id)?.parent) chain.unshift(id);
  return chain;
}

function splitFileOf(place: Place, id: string): string {
  const file = join(place.root, `${place.driver}-layers`, `${id}.tar-split.gz`);
  if (!existsSync(file)) throw new CalaError("store-unreadable", `layer "${id.slice(0, 12)}" in "${place.root}" has no tar-split file, so its exact tar cannot be had`, { hint: "podman save IMAGE, then cala load" });
  return file;
}

/** Either a directory of the layer's own files, or a whole copy of everything below it as well. */
function treeOf(place: Place, id: string): string {
  const candidates = [join(place.root, place.driver, id, "diff"), join(place.root, place.driver, "dir", id)];
  return candidates.find((path) => existsSync(path)) ?? candidates[0] ?? "";
}

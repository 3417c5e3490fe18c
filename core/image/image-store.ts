/** Records, names and small documents of images. Readers take no lock: every file appears and changes as a whole. */
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { CalaError, isErrno } from "../base/error.ts";
import { sha256OfText } from "../base/sha256.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { blobFile, imageFile, imagesDir, tagsDir } from "../dirs/paths.ts";
import { namesIn } from "../fs/list-names.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { writeAtomic, writeJson } from "../fs/write-atomic.ts";
import { digestHex, digestOf, type Digest } from "../oci/digest.ts";
import type { ImageConfig } from "../oci/image-types.ts";
import { parseImageConfig, parseManifest } from "../oci/validate.ts";
import type { Manifest } from "../oci/image-types.ts";
import type { ImageRecord, NamedImage, TagRecord } from "./image-record.ts";

/** Keeps a document under its digest. */
export function putBlob(dirs: Dirs, bytes: Uint8Array): Digest {
  const digest = digestOf(bytes);
  const file = blobFile(dirs, digestHex(digest));
  if (!existsSync(file)) writeAtomic(file, bytes, { durable: true });
  return digest;
}

/** A kept document, verified. @throws CalaError `blob-missing`, `blob-damaged` */
export function readBlob(dirs: Dirs, digest: Digest): Buffer {
  const bytes = readUnverified(dirs, digest);
  if (digestOf(bytes) !== digest) throw new CalaError("blob-damaged", `the document "${digest}" in the image store is damaged`, { hint: "cala rmi IMAGE, then cala pull IMAGE" });
  return bytes;
}

/** A kept document if it is there and whole. */
export function localBlob(dirs: Dirs, digest: Digest): Buffer | undefined {
  try {
    return readBlob(dirs, digest);
  } catch (error) {
    if (error instanceof CalaError) return undefined;
    throw error;
  }
}

/** How long a kept document is; undefined when there is none. */
export function blobBytes(dirs: Dirs, digest: Digest): number | undefined {
  return statSync(blobFile(dirs, digestHex(digest)), { throwIfNoEntry: false })?.size;
}

/**
 * A kept document as it is, if it is there and is one. Its digest was checked when it came: for saying that nothing is to be fetched it is
 * not checked again, which would take longer than asking the registry.
 */
export function keptDocument(dirs: Dirs, digest: Digest): Buffer | undefined {
  try {
    const bytes = readUnverified(dirs, digest);
    parseManifest(bytes, undefined, digest);
    return bytes;
  } catch (error) {
    if (error instanceof CalaError) return undefined;
    throw error;
  }
}

function readUnverified(dirs: Dirs, digest: Digest): Buffer {
  try {
    return readFileSync(blobFile(dirs, digestHex(digest)));
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    throw new CalaError("blob-missing", `the document "${digest}" is missing from the image store`, { cause: error, hint: "cala rmi IMAGE, then cala pull IMAGE" });
  }
}

/**
 * An image's config. Its digest was checked when it came and is checked again when the image is handed on; each start of a container
 * reads it too, and would load node:crypto (5 ms) for one more check.
 * @throws CalaError `blob-missing`, and that of a document that is no config
 */
export function readConfig(dirs: Dirs, image: ImageRecord): ImageConfig {
  return parseImageConfig(readUnverified(dirs, image.configDigest), `the config of image "${image.id.slice(0, 12)}"`);
}

/** An image's manifest. @throws CalaError */
export function readManifest(dirs: Dirs, image: ImageRecord): Manifest {
  const document = parseManifest(readBlob(dirs, image.manifestDigest), image.mediaType, `the manifest of image "${image.id.slice(0, 12)}"`);
  if (document.kind !== "manifest") throw new CalaError("blob-damaged", `the manifest of image "${image.id.slice(0, 12)}" is an index`);
  return document.manifest;
}

/** Makes an image known; its documents and layers must be there already. What an earlier record knew is kept. */
export function saveImage(dirs: Dirs, record: ImageRecord): ImageRecord {
  const earlier = readImage(dirs, record.id);
  const digests = [...new Set([...(earlier?.digests ?? []), ...record.digests])];
  const merged: ImageRecord = {
    ...record, digests,
    ...(earlier?.parentId !== undefined && record.parentId === undefined ? { parentId: earlier.parentId } : {}),
    ...(earlier?.formerNames === undefined ? {} : { formerNames: earlier.formerNames }),
  };
  const isSame = earlier !== undefined && JSON.stringify({ ...merged, storedAt: earlier.storedAt }) === JSON.stringify(earlier);
  // What is there already is not forced to disk again: that takes longer than all the rest of a pull that finds nothing new.
  if (isSame) return earlier;
  writeJson(imageFile(dirs, record.id), merged, { durable: true });
  return merged;
}

/** Replaces an image's record as it is. */
export function replaceImage(dirs: Dirs, record: ImageRecord): void {
  writeJson(imageFile(dirs, record.id), record, { durable: true });
}

/** The image with a whole id, here or in a further store. */
export function readImage(dirs: Dirs, id: string): ImageRecord | undefined {
  return firstOf(dirs, (one) => readJsonIfThere<ImageRecord>(imageFile(one, id)));
}

/** Whether an image is in a further store only, where it cannot be changed. */
export function isReadOnly(dirs: Dirs, id: string): boolean {
  return dirs.imageStores !== undefined && !existsSync(imageFile(dirs, id));
}

/** The own directories and those of further stores, in the order in which they are looked through. */
function storesOf(dirs: Dirs): Dirs[] {
  const { imageStores = [], ...own } = dirs;
  return [own, ...imageStores.map((data) => ({ ...own, data }))];
}

function firstOf<T>(dirs: Dirs, look: (one: Dirs) => T | undefined): T | undefined {
  for (const one of storesOf(dirs)) {
    const found = look(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Forgets an image; its layers stay until they are collected. */
export function deleteImage(dirs: Dirs, id: string): void {
  rmSync(imageFile(dirs, id), { force: true });
}

function recordsIn(directory: string): string[] {
  return namesIn(directory).filter((name) => /^[0-9a-f]{64}\.json$/.test(name));
}

/** The ids of all images. */
export function imageIds(dirs: Dirs): string[] {
  return [...new Set(storesOf(dirs).flatMap((one) => recordsIn(imagesDir(one))))].map((name) => name.slice(0, 64));
}

/** All images, in no order. Those that vanish while reading are left out. */
export function listImages(dirs: Dirs): ImageRecord[] {
  return imageIds(dirs).flatMap((id) => readImage(dirs, id) ?? []);
}

function tagFile(dirs: Dirs, reference: string): string {
  return join(tagsDir(dirs), `${sha256OfText(reference)}.json`);
}

/** Points a name at an image; the name leaves the image that had it. */
export function setTag(dirs: Dirs, tag: TagRecord): void {
  const earlier = readTag(dirs, tag.reference);
  if (earlier?.imageId === tag.imageId && earlier.digest === tag.digest) return;
  writeJson(tagFile(dirs, tag.reference), tag, { durable: true });
}

/** What a full name points at. */
export function readTag(dirs: Dirs, reference: string): TagRecord | undefined {
  return firstOf(dirs, (one) => readJsonIfThere<TagRecord>(tagFile(one, reference)));
}

/** Forgets a name. */
export function deleteTag(dirs: Dirs, reference: string): void {
  rmSync(tagFile(dirs, reference), { force: true });
}

/** All names, ordered. */
export function listTags(dirs: Dirs): TagRecord[] {
  const files = new Map(storesOf(dirs).reverse().flatMap((one) => recordsIn(tagsDir(one)).map((name) => [name, join(tagsDir(one), name)])));
  const tags = [...files.values()].flatMap((file) => readJsonIfThere<TagRecord>(file) ?? []);
  return tags.sort((a, b) => (a.reference < b.reference ? -1 : 1));
}

/** All images with their names. */
export function listNamedImages(dirs: Dirs): NamedImage[] {
  const byImage = new Map<string, TagRecord[]>();
  for (const tag of listTags(dirs)) byImage.set(tag.imageId, [...(byImage.get(tag.imageId) ?? []), tag]);
  return listImages(dirs).map((image) => ({ image, tags: byImage.get(image.id) ?? [] }));
}

/** The names of one image. */
export function tagsOf(dirs: Dirs, imageId: string): TagRecord[] {
  return listTags(dirs).filter((tag) => tag.imageId === imageId);
}

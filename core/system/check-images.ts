/** Documents, records and names of images. Everything that vanishes between two looks was removed meanwhile, and is no damage. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isErrno, messageOf } from "../base/error.ts";
import { sha256OfText } from "../base/sha256.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { blobFile, blobsDir, imageFile, imagesDir, tagsDir } from "../dirs/paths.ts";
import { namesIn } from "../fs/list-names.ts";
import { writerOf } from "../fs/write-atomic.ts";
import type { ImageRecord, TagRecord } from "../image/image-record.ts";
import { readBlob, readImage } from "../image/image-store.ts";
import { hasLayer } from "../layer/record.ts";
import { digestHex, digestOf, isDigest, type Digest } from "../oci/digest.ts";
import { parseImageConfig, parseManifest } from "../oci/validate.ts";
import { parseReference } from "../oci/reference.ts";
import type { Damage } from "./damage.ts";

/** Documents whose bytes are not those of their name, and files that are none. */
export function damagedDocuments(dirs: Dirs): Damage[] {
  return namesIn(blobsDir(dirs)).flatMap((name): Damage[] => {
    if (!/^[0-9a-f]{64}$/.test(name)) return foreign(join(blobsDir(dirs), name), name);
    const bytes = readIfThere(blobFile(dirs, name));
    if (bytes === undefined || digestOf(bytes) === `sha256:${name}`) return [];
    return [{ kind: "document", object: `sha256:${name}`, reason: "its bytes have another digest" }];
  });
}

function foreign(path: string, name: string): Damage[] {
  return writerOf(name) === undefined ? [{ kind: "foreign", object: path, reason: "cala did not put it there" }] : [];
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    if (isErrno(error, "EISDIR", "EACCES", "EIO")) return Buffer.alloc(0);
    throw error;
  }
}

/** The records of images: unreadable ones, and those that miss or contradict their documents and layers. */
export function damagedImages(dirs: Dirs): { readonly damages: readonly Damage[]; readonly sound: readonly ImageRecord[] } {
  const damages: Damage[] = [];
  const sound: ImageRecord[] = [];
  for (const name of namesIn(imagesDir(dirs))) {
    const id = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
    if (id === undefined) {
      damages.push(...foreign(join(imagesDir(dirs), name), name));
      continue;
    }
    const { image, reason } = readSound(dirs, id);
    if (image !== undefined) {
      damages.push(...missingParts(dirs, image));
      sound.push(image);
    } else if (reason !== undefined) {
      damages.push({ kind: "image", object: id, reason });
    }
  }
  return { damages, sound };
}

function readSound(dirs: Dirs, id: string): { readonly image?: ImageRecord; readonly reason?: string } {
  try {
    const image = readImage(dirs, id);
    if (image === undefined) return {};
    if (image.version !== 1 || image.id !== id || digestHex(image.configDigest) !== id || !isDigest(image.manifestDigest) || !Array.isArray(image.layers)) return { reason: "its record is another image's, or damaged" };
    return contradictsDocuments(dirs, image) ? { reason: "its record is not what its manifest and config say" } : { image };
  } catch (error) {
    return { reason: messageOf(error) };
  }
}

/** Documents that cannot be read are told of elsewhere. */
function contradictsDocuments(dirs: Dirs, image: ImageRecord): boolean {
  let config, document;
  try {
    config = parseImageConfig(readBlob(dirs, image.configDigest), "the config");
    document = parseManifest(readBlob(dirs, image.manifestDigest), image.mediaType, "the manifest");
  } catch {
    return false;
  }
  if (document.kind !== "manifest" || document.manifest.config.digest !== image.configDigest) return true;
  const { layers } = document.manifest;
  const fits = (layer: ImageRecord["layers"][number], index: number): boolean => layer.digest === layers[index]?.digest && layer.diffId === config.rootfs.diff_ids[index];
  return layers.length !== image.layers.length || !image.layers.every(fits);
}

function missingParts(dirs: Dirs, image: ImageRecord): Damage[] {
  const documents = [image.configDigest, image.manifestDigest].filter((digest) => readIfThere(blobFile(dirs, digestHex(digest))) === undefined);
  const layers = [...new Set(image.layers.map((layer) => layer.diffId))].filter((diffId) => !hasLayer(dirs, diffId));
  // Removed between the two looks?
  if (documents.length + layers.length > 0 && readImage(dirs, image.id) === undefined) return [];
  const told = (kind: "document" | "layer") => (object: Digest): Damage => ({ kind, object, reason: "it is missing" });
  return [...documents.map(told("document")), ...layers.map(told("layer"))];
}

/** Names that cannot be read, or lead nowhere. */
export function damagedTags(dirs: Dirs): Damage[] {
  return namesIn(tagsDir(dirs)).flatMap((name): Damage[] => {
    const path = join(tagsDir(dirs), name);
    const hex = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
    if (hex === undefined) return foreign(path, name);
    const bytes = readIfThere(path);
    if (bytes === undefined) return [];
    const tag = soundTag(bytes, hex);
    if (tag === undefined) return [{ kind: "name", object: path, reason: "it is no name of an image, or damaged" }];
    return isKnown(dirs, tag.imageId) || readIfThere(path) === undefined ? [] : [{ kind: "name", object: tag.reference, reason: `its image "${tag.imageId.slice(0, 12)}" does not exist` }];
  });
}

/** A damaged record is still a record: the image may come back. */
function isKnown(dirs: Dirs, id: string): boolean {
  return existsSync(imageFile(dirs, id));
}

function soundTag(bytes: Buffer, hex: string): TagRecord | undefined {
  try {
    const tag = JSON.parse(bytes.toString("utf8")) as TagRecord;
    parseReference(tag.reference);
    return sha256OfText(tag.reference) === hex && /^[0-9a-f]{64}$/.test(tag.imageId) && isDigest(tag.digest) ? tag : undefined;
  } catch {
    return undefined;
  }
}

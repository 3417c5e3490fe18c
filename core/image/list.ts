/** What `images` shows, as data. */
import { formatReference, parseReference, splitName } from "../oci/reference.ts";
import { timestamp } from "../base/clock.ts";
import type { Digest } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media-types.ts";
import type { ImageEngine } from "./engine.ts";
import { filterImages, isDangling, referenceFits } from "./filter.ts";
import type { ImageRecord, NamedImage, TagRecord } from "./image-record.ts";
import { isReadOnly, listNamedImages } from "./image-store.ts";
import { allLists, encodeList, findList, listId, type ManifestList } from "./manifest-list.ts";
import { childrenAmong, findImage } from "./resolve.ts";
import { imageUsers } from "./usage.ts";

/** Which images to list. */
export interface ListImagesRequest {
  /** Nameless images that others are made from, too. */
  readonly all: boolean;
  readonly filters: readonly string[];
  /** A name or pattern: only what fits. */
  readonly name?: string;
}

/** One image with everything that a list may show. */
export interface ListedImage {
  readonly image: ImageRecord;
  readonly tags: readonly TagRecord[];
  /** Full names with tags. */
  readonly repoTags: readonly string[];
  /** `repository@digest`. */
  readonly repoDigests: readonly string[];
  readonly dangling: boolean;
  /** In a further store, which is never changed. */
  readonly readOnly: boolean;
  /** How many containers use it. */
  readonly containers: number;
  /** No image, but a list of images in the making. */
  readonly isList: boolean;
}

/** Images, newest first. @throws CalaError `filter-invalid`, `image-unknown` */
export async function listLocalImages(engine: ImageEngine, request: ListImagesRequest): Promise<ListedImage[]> {
  const here = [...listNamedImages(engine.dirs), ...allLists(engine.dirs).map(listAsImage)];
  const records = here.map((entry) => entry.image);
  let entries = await filterImages(engine, here, request.filters);
  if (!request.all) entries = entries.filter((entry) => !isDangling(entry) || childrenAmong(records, entry.image).length === 0);
  if (request.name !== undefined) entries = await withName(engine, entries, request.name);
  const users = imageUsers(engine.dirs);
  return entries
    .sort((a, b) => Date.parse(b.image.createdAt) - Date.parse(a.image.createdAt) || (a.image.id < b.image.id ? -1 : 1))
    .map((entry) => ({
      ...entry, repoTags: repoTags(entry.tags), repoDigests: repoDigests(entry),
      dangling: isDangling(entry), readOnly: entry.isList !== true && isReadOnly(engine.dirs, entry.image.id), isList: entry.isList === true, containers: users.get(entry.image.id)?.length ?? 0,
    }));
}

/** A manifest list as lists of images show it. */
function listAsImage(list: ManifestList): NamedImage {
  const { bytes, digest } = encodeList(list);
  const id = listId(list);
  const createdAt = list.createdAt ?? timestamp();
  return {
    isList: true, tags: [{ reference: list.reference, imageId: id, digest }],
    image: {
      version: 1, id, manifestDigest: digest, mediaType: mediaTypes.ociIndex, configDigest: digest, layers: [], sizeBytes: bytes.length, createdAt, storedAt: createdAt,
      os: "", architecture: "", labels: {}, digests: [digest],
    },
  };
}

async function withName(engine: ImageEngine, entries: readonly NamedImage[], name: string): Promise<NamedImage[]> {
  if (!/[*?]/.test(name)) {
    // One image by its id or exact name, else all tags of a repository.
    const found = await findImage(engine, name);
    const list = found === undefined ? findList(engine.dirs, name) : undefined;
    if (list !== undefined) return entries.filter(({ image }) => image.id === listId(list));
    if (found !== undefined && (found.reference === undefined || hasTag(name))) {
      return entries.filter(({ image }) => image.id === found.image.id).map((entry) => ({ ...entry, tags: entry.tags.filter((tag) => found.reference === undefined || tag.reference === found.reference) }));
    }
  }
  return entries.flatMap((entry) => {
    const tags = entry.tags.filter((tag) => referenceFits(name, tag.reference));
    return tags.length === 0 ? [] : [{ ...entry, tags }];
  });
}

function hasTag(name: string): boolean {
  const { tag, digest } = splitName(name);
  return tag !== undefined || digest !== undefined;
}

/** The names with tags among an image's names. */
export function repoTags(tags: readonly TagRecord[]): string[] {
  return tags.map((tag) => tag.reference).filter((reference) => !reference.includes("@"));
}

/** Repository and digest for each repository of an image and each digest it was found under. */
export function repoDigests(entry: NamedImage): string[] {
  const digests = new Set<string>();
  for (const { reference, digest } of entry.tags) {
    const { domain, path } = parseReference(reference);
    for (const each of new Set<Digest>([digest, entry.image.manifestDigest])) digests.add(formatReference({ domain, path, digest: each }));
  }
  return [...digests].sort();
}

/** What `images --tree` shows: each image with the platforms that its name stands for, here or not. */
import type { Digest } from "../oci/digest.ts";
import type { Descriptor, Index } from "../oci/image-types.ts";
import { formatPlatform } from "../oci/platform.ts";
import { parseManifest } from "../oci/validate.ts";
import type { ImageEngine } from "./engine.ts";
import type { ImageRecord } from "./image-record.ts";
import { blobBytes, listImages, localBlob } from "./image-store.ts";
import type { ListedImage } from "./list.ts";
import { findList, indexOf } from "./manifest-list.ts";
import { imageUsers } from "./usage.ts";

/** What stands in each line of the tree. */
export interface TreeDetails {
  readonly id: string;
  /** Of the unpacked layers; layers that several platforms have count once. */
  readonly diskBytes: number;
  /** As packed for a registry. */
  readonly contentBytes: number;
  readonly inUse: boolean;
}

/** One platform of an image; nothing of it takes space unless it is here. */
export interface PlatformBranch extends TreeDetails {
  readonly platform: string;
  readonly isHere: boolean;
}

/** An image with its names and platforms. */
export interface PlatformTree extends TreeDetails {
  readonly names: readonly string[];
  readonly platforms: readonly PlatformBranch[];
}

/** The platforms of images, in the order of the list. */
export function platformTrees(engine: ImageEngine, listed: readonly ListedImage[]): PlatformTree[] {
  const here = new Map(listImages(engine.dirs).map((image) => [image.manifestDigest, image]));
  const users = imageUsers(engine.dirs);
  const isUsed = (image: ImageRecord): boolean => users.has(image.id);
  return listed.map((entry) => {
    const descriptors = platformsOf(engine, entry);
    const images = descriptors.flatMap(({ digest }) => here.get(digest) ?? []);
    const layers = new Set(images.flatMap((image) => image.layers.map(({ diffId }) => diffId)));
    return {
      id: entry.image.id, names: entry.repoTags, inUse: images.some(isUsed),
      diskBytes: sum([...layers].map((diffId) => engine.layers.sizeBytes(diffId) ?? 0)), contentBytes: sum(images.map((image) => contentBytes(engine, image))),
      platforms: descriptors.map((descriptor) => branchOf(engine, descriptor, here.get(descriptor.digest), isUsed)),
    };
  });
}

function branchOf(engine: ImageEngine, { digest, platform }: Descriptor, image: ImageRecord | undefined, isUsed: (image: ImageRecord) => boolean): PlatformBranch {
  return {
    id: digest.replace(/^sha256:/, ""), platform: platform === undefined ? "unknown" : formatPlatform(platform), isHere: image !== undefined,
    diskBytes: image?.sizeBytes ?? 0, contentBytes: image === undefined ? 0 : contentBytes(engine, image), inUse: image !== undefined && isUsed(image),
  };
}

/** The manifests of the index that led to an image, without attestations; the image's own where there was none. */
function platformsOf(engine: ImageEngine, entry: ListedImage): readonly Descriptor[] {
  const { image, tags } = entry;
  const index = entry.isList ? listOf(engine, tags[0]?.reference) : [...tags.map(({ digest }) => digest), ...image.digests].map((digest) => indexWith(engine, digest, image.manifestDigest)).find((found) => found !== undefined);
  if (index !== undefined) return index.manifests.filter(({ platform }) => platform?.os !== "unknown");
  if (entry.isList) return [];
  const platform = { os: image.os, architecture: image.architecture, ...(image.variant === undefined ? {} : { variant: image.variant }) };
  return [{ mediaType: image.mediaType, digest: image.manifestDigest, size: blobBytes(engine.dirs, image.manifestDigest) ?? 0, platform }];
}

function listOf(engine: ImageEngine, reference: string | undefined): Index | undefined {
  const list = reference === undefined ? undefined : findList(engine.dirs, reference);
  return list === undefined ? undefined : indexOf(list);
}

function indexWith(engine: ImageEngine, digest: Digest, manifest: Digest): Index | undefined {
  const bytes = digest === manifest ? undefined : localBlob(engine.dirs, digest);
  const document = bytes === undefined ? undefined : parseManifest(bytes, undefined, `"${digest}"`);
  return document?.kind === "index" && document.index.manifests.some((one) => one.digest === manifest) ? document.index : undefined;
}

function contentBytes(engine: ImageEngine, image: ImageRecord): number {
  return sum([blobBytes(engine.dirs, image.manifestDigest) ?? 0, blobBytes(engine.dirs, image.configDigest) ?? 0, ...image.layers.map(({ sizeBytes }) => sizeBytes)]);
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

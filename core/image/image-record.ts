import type { Digest } from "../oci/digest.ts";

/** One layer as the image's manifest describes it. */
export interface ImageLayer {
  readonly diffId: Digest;
  /** Of the packed bytes in the registry that it came from. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly mediaType: string;
}

/** A stored image; `images/ID.json`, written once its layers and documents are there. */
export interface ImageRecord {
  readonly version: 1;
  /** The hexadecimal digits of the config's digest. */
  readonly id: string;
  readonly manifestDigest: Digest;
  /** Of the manifest. */
  readonly mediaType: string;
  readonly configDigest: Digest;
  /** Lowest first. */
  readonly layers: readonly ImageLayer[];
  /** Unpacked tars of all layers. */
  readonly sizeBytes: number;
  /** From the config; RFC 3339. */
  readonly createdAt: string;
  readonly storedAt: string;
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Every manifest and index digest that the image was fetched under. */
  readonly digests: readonly Digest[];
  /** Names that it had and lost, newest last. */
  readonly formerNames?: readonly string[];
  /** The image that it was built or committed from, when cala made it. */
  readonly parentId?: string;
}

/** Everything in the store that an image consists of: layers and documents. */
export function contentOf(image: ImageRecord): Digest[] {
  return [...image.layers.map((layer) => layer.diffId), image.configDigest, image.manifestDigest, ...image.digests];
}

/** One name of an image; `tags/<sha256 of the name>.json`. */
export interface TagRecord {
  /** Full: `docker.io/library/ubuntu:latest`, or with `@sha256:…` when it was pulled by digest. */
  readonly reference: string;
  readonly imageId: string;
  /** What the registry has under this name: an index or a manifest. */
  readonly digest: Digest;
}

/** An image with its names. */
export interface NamedImage {
  readonly image: ImageRecord;
  readonly tags: readonly TagRecord[];
  /** A manifest list that is shown as an image. */
  readonly isList?: boolean;
}

import type { ImageEngine } from "./engine.ts";
import type { ImageRecord } from "./image-record.ts";
import { listNamedImages, tagsOf } from "./image-store.ts";
import { childrenOf, requireImage } from "./resolve.ts";

/** One layer in a tree, lowest first. */
export interface TreeLayer {
  readonly diffId: string;
  readonly sizeBytes: number;
  /** Names of images whose top layer this is. */
  readonly topOf: readonly string[];
}

/** An image with its layers and children. */
export interface ImageTree {
  readonly image: ImageRecord;
  readonly tags: readonly string[];
  readonly layers: readonly TreeLayer[];
  /** Images that are made from this one. */
  readonly children: readonly { readonly image: ImageRecord; readonly tags: readonly string[] }[];
}

/** The layers of an image and who else stands on them. @throws CalaError `image-unknown` */
export async function imageTree(engine: ImageEngine, name: string): Promise<ImageTree> {
  const { image } = await requireImage(engine, name);
  const all = listNamedImages(engine.dirs);
  return {
    image, tags: tagsOf(engine.dirs, image.id).map((tag) => tag.reference),
    layers: image.layers.map(({ diffId }, index) => ({
      diffId, sizeBytes: engine.layers.sizeBytes(diffId) ?? 0,
      topOf: all.filter((other) => other.image.layers.length === index + 1 && other.image.layers.every((layer, at) => layer.diffId === image.layers[at]?.diffId)).flatMap((other) => other.tags.map((tag) => tag.reference)),
    })),
    children: childrenOf(engine.dirs, image).map((child) => ({ image: child, tags: tagsOf(engine.dirs, child.id).map((tag) => tag.reference) })),
  };
}

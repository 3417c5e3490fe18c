import type { HistoryEntry } from "../oci/image-types.ts";
import type { ImageEngine } from "./engine.ts";
import { readConfig, tagsOf } from "./image-store.ts";
import { requireImage } from "./resolve.ts";

/** One step of an image's making, newest first. */
export interface HistoryStep {
  /** The image's id for the newest step, undefined for all others. */
  readonly id: string | undefined;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly createdBy: string;
  readonly sizeBytes: number;
  readonly comment: string;
  readonly tags: readonly string[];
  readonly emptyLayer: boolean;
}

/** How an image came to be. @throws CalaError `image-unknown` */
export async function imageHistory(engine: ImageEngine, name: string): Promise<HistoryStep[]> {
  const { image } = await requireImage(engine, name);
  const config = readConfig(engine.dirs, image);
  const steps: readonly HistoryEntry[] = config.history ?? image.layers.map(() => ({}));
  let layer = 0;
  const oldestFirst = steps.map((step, index): HistoryStep => {
    const empty = step.empty_layer === true;
    const diffId = empty ? undefined : image.layers[layer++]?.diffId;
    const newest = index === steps.length - 1;
    return {
      id: newest ? image.id : undefined, createdAt: step.created ?? image.createdAt, createdBy: step.created_by ?? "",
      sizeBytes: diffId === undefined ? 0 : engine.layers.sizeBytes(diffId) ?? 0, comment: step.comment ?? "",
      tags: newest ? tagsOf(engine.dirs, image.id).map((tag) => tag.reference) : [], emptyLayer: empty,
    };
  });
  return oldestFirst.reverse();
}

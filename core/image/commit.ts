/** An image of stored layers, a config and one layer more: what a container has become. */
import type { Readable } from "node:stream";
import { timestamp } from "../base/clock.ts";
import { CalaError } from "../base/error.ts";
import type { Digest } from "../oci/digest.ts";
import type { ContainerDefaults, HistoryEntry, ImageConfig } from "../oci/image-types.ts";
import { layerMediaType } from "../oci/media-types.ts";
import { hostPlatform } from "../oci/platform.ts";
import { formatReference, splitName, withDefaults } from "../oci/reference.ts";
import { withPin } from "../storage/pins.ts";
import { createImage } from "./create-image.ts";
import type { ImageEngine } from "./engine.ts";
import type { ImageRecord } from "./image-record.ts";
import { readConfig, readImage } from "./image-store.ts";

/** What becomes an image. */
export interface CommitRequest {
  /** The image that the container was made from; it may be gone. */
  readonly imageId: string;
  /** Its layers' diff ids, lowest first, which the new layer lies upon; empty: the new layer is everything. */
  readonly layers: readonly string[];
  readonly changes: () => Readable;
  readonly config: ContainerDefaults;
  readonly name?: string;
  readonly author?: string;
  readonly message?: string;
  /** For the history. */
  readonly createdBy: string;
  readonly format: "oci" | "docker";
  readonly signal?: AbortSignal;
}

/** Stores the layer, then the image. @throws CalaError `reference-invalid`, `layer-unknown`, `layer-…` */
export async function commitImage(engine: ImageEngine, request: CommitRequest): Promise<ImageRecord> {
  const names = request.name === undefined ? [] : [formatReference(withDefaults(splitName(request.name), "localhost"))];
  // Between the layer and the record, a collection must not take the layers away.
  return await withPin(engine.dirs, request.layers as readonly Digest[], async (pin) => {
    // The container may have been removed, and its image with it, before there was a pin.
    const missing = request.layers.find((diffId) => engine.layers.sizeBytes(diffId as Digest) === undefined);
    if (missing !== undefined) throw new CalaError("layer-unknown", `layer "${missing}" of the container's image is not in the store any more`, { hint: "cala ps --all" });
    const onDiffId = async (diffId: Digest): Promise<void> => await pin.add([diffId]);
    const applied = await engine.layers.apply(request.changes(), { onDiffId, ...(request.signal === undefined ? {} : { signal: request.signal }) });
    const mediaType = layerMediaType(request.format, "none");
    const layer = (diffId: Digest) => ({ diffId, digest: diffId, sizeBytes: engine.layers.sizeBytes(diffId) ?? 0, mediaType });
    const layers = [...request.layers.map((diffId) => layer(diffId as Digest)), layer(applied.diffId)];
    const parent = readImage(engine.dirs, request.imageId);
    const isSquashed = request.layers.length === 0;
    return await createImage(engine, {
      names, layers, format: request.format, config: configOf(request, parent === undefined ? undefined : readConfig(engine.dirs, parent), layers.map(({ diffId }) => diffId)),
      ...(parent === undefined || isSquashed ? {} : { parentId: parent.id }),
    });
  });
}

function configOf(request: CommitRequest, parent: ImageConfig | undefined, diffIds: readonly Digest[]): ImageConfig {
  const created = timestamp();
  const { author, message } = request;
  const step: HistoryEntry = { created, created_by: request.createdBy, ...(author === undefined ? {} : { author }), ...(message === undefined || message === "" ? {} : { comment: message }) };
  const steps = request.layers.length === 0 ? [] : parent?.history ?? request.layers.map((diffId): HistoryEntry => ({ created, created_by: `layer ${diffId}` }));
  const { os, architecture, variant } = parent ?? hostPlatform();
  return {
    created, ...(author === undefined ? {} : { author }), architecture, os, ...(variant === undefined ? {} : { variant }),
    ...(message === undefined || message === "" || request.format === "oci" ? {} : { comment: message }),
    config: request.config, rootfs: { type: "layers", diff_ids: diffIds }, history: [...steps, step],
  };
}

/** An image of one layer from a tar file: `cala import`. */
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { timestamp } from "../base/clock.ts";
import { CalaError, reasonOf } from "../base/error.ts";
import { withPin } from "../storage/pins.ts";
import type { Digest } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media-types.ts";
import { hostPlatform, normalArchitecture } from "../oci/platform.ts";
import { formatReference, splitName, withDefaults } from "../oci/reference.ts";
import { applyChanges } from "./change.ts";
import { createImage } from "./create-image.ts";
import type { ImageEngine } from "./engine.ts";
import { imageEvent } from "./events.ts";
import type { ImageRecord } from "./image-record.ts";

/** What to import and what the image's config says. */
export interface ImportRequest {
  /** A file, an http(s) address, or a stream. */
  readonly input: string | Readable;
  readonly name?: string;
  readonly message?: string;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly signal?: AbortSignal;
}

/** Stores the tar as a layer and makes an image of it. @throws CalaError `archive-unreadable`, `layer-…`, `change-invalid` */
export async function importImage(engine: ImageEngine, request: ImportRequest): Promise<ImageRecord> {
  const defaults = applyChanges({}, request.changes);
  const names = request.name === undefined ? [] : [formatReference(withDefaults(splitName(request.name), "localhost"))];
  const input = await openInput(request);
  // Between the layer and the record, a collection must not take the layer away.
  return await withPin(engine.dirs, [], async (pin) => {
    const onDiffId = async (diffId: Digest): Promise<void> => await pin.add([diffId]);
    const layer = await engine.layers.apply(input, { onDiffId, ...(request.signal === undefined ? {} : { signal: request.signal }) });
    const host = hostPlatform();
    const architecture = request.architecture === undefined ? host.architecture : normalArchitecture(request.architecture);
    const variant = request.variant ?? (architecture === host.architecture ? host.variant : undefined);
    const created = timestamp();
    const from = typeof request.input === "string" ? request.input.slice(request.input.lastIndexOf("/") + 1) : "-";
    const image = await createImage(engine, {
      names,
      layers: [{ diffId: layer.diffId, digest: layer.diffId, sizeBytes: engine.layers.sizeBytes(layer.diffId) ?? layer.sizeBytes, mediaType: mediaTypes.ociLayer }],
      config: {
        created, architecture, os: request.os ?? "linux", ...(variant === undefined ? {} : { variant }),
        config: defaults, rootfs: { type: "layers", diff_ids: [layer.diffId] },
        history: [{ created, created_by: `/bin/sh -c #(nop) ADD file:${layer.diffId.slice(7)} in / `, comment: request.message ?? `imported from ${from}` }],
      },
    });
    imageEvent(engine, "import", image.id, names[0] ?? image.id);
    return image;
  });
}

async function openInput(request: ImportRequest): Promise<Readable> {
  if (typeof request.input !== "string") return request.input;
  if (/^https?:\/\//.test(request.input)) {
    const { openUrl } = await import("../registry/open-url.ts");
    return await openUrl(new URL(request.input), request.signal);
  }
  const stream = createReadStream(request.input, { highWaterMark: 1 << 20 });
  try {
    await new Promise<void>((resolve, reject) => stream.once("open", () => resolve()).once("error", reject));
    return stream;
  } catch (error) {
    throw new CalaError("archive-unreadable", `the archive "${request.input}" cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

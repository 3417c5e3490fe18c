import { existsSync } from "node:fs";
import { layerDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { readConfig } from "../image/image-store.ts";
import type { ImageRecord } from "../image/image-record.ts";
import type { ListedImage } from "../image/image-of-list.ts";
import { findImage, type ResolvedImage } from "../image/resolve.ts";
import { settleLayers } from "../layer/unsynced.ts";
import { digestHex } from "../oci/digest.ts";
import { transportOf } from "../oci/transport.ts";
import type { ConnectOptions } from "../registry/connect.ts";
import type { OnProgress } from "../image/progress.ts";
import type { ImageDefaults } from "../spec/image-defaults.ts";
import type { ContainerRequest } from "../spec/request.ts";

/** An image as the making of a container needs it. */
export interface ContainerImage {
  readonly record: Pick<ImageRecord, "id" | "manifestDigest" | "layers">;
  /** Full reference it was found under; the id when it was named by its id. */
  readonly name: string;
  readonly defaults: ImageDefaults;
}

/** How a registry is asked, whom to tell of the progress, and what ends it. */
export interface ObtainOptions {
  readonly connect?: ConnectOptions;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

type ImageWish = Pick<ContainerRequest, "image" | "rootfs" | "pull" | "platform">;

/** A directory of the host says nothing of containers made from it. */
const noImage: ContainerImage = { record: { id: "", manifestDigest: "" as ImageRecord["manifestDigest"], layers: [] }, name: "", defaults: {} };

/**
 * The image of a request when it is here (or none is wanted) and the policy asks no registry; loads nothing of the registry client.
 * @throws CalaError `image-ambiguous`, `reference-invalid`
 */
export async function findLocalImage(engine: Engine, request: ImageWish): Promise<ContainerImage | undefined> {
  if (request.rootfs !== undefined) return noImage;
  if (request.pull !== "missing" || request.platform !== undefined || transportOf(request.image) !== undefined) return undefined;
  await settleLayers(engine);
  const found = await findImage(engine, request.image);
  return found === undefined || !found.image.layers.every((layer) => existsSync(layerDir(engine.dirs, digestHex(layer.diffId)))) ? undefined : await containerImage(engine, found);
}

/** The image of a request, pulled when its policy says so. @throws CalaError `image-unknown` and those of a pull */
export async function obtainImage(engine: Engine, request: ImageWish, options: ObtainOptions = {}): Promise<ContainerImage> {
  const [{ pullImage }, { imageEngine }] = await Promise.all([import("../image/pull.ts"), import("../image/open.ts")]);
  const listed = await listedImage(engine, request);
  const pulled = await pullImage(imageEngine(engine), {
    name: listed?.name ?? request.image, policy: request.pull,
    ...(request.platform === undefined ? {} : { platform: request.platform }),
    ...options,
  });
  return await containerImage(engine, listed === undefined ? pulled : { ...pulled, reference: listed.listName });
}

/** What a manifest list that was made here has for this platform: unless a registry is to be asked in any case, and no image has that name. */
async function listedImage(engine: Engine, request: ImageWish): Promise<ListedImage | undefined> {
  if ((request.pull !== "missing" && request.pull !== "never") || transportOf(request.image) !== undefined) return undefined;
  if ((await findImage(engine, request.image)) !== undefined) return undefined;
  const { imageOfList } = await import("../image/image-of-list.ts");
  return imageOfList(engine.dirs, request.image, request.platform ?? {});
}

async function containerImage(engine: Engine, { image, reference }: ResolvedImage): Promise<ContainerImage> {
  if (engine.dirs.imageStores !== undefined) await (await import("../image/own-layers.ts")).ownLayers(engine, image);
  return { record: image, name: reference ?? image.id, defaults: readConfig(engine.dirs, image).config ?? {} };
}

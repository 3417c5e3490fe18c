/** Images to registries. Layers that are there already, under the digest they were pulled with, are not sent. */
import { CalaError } from "../base/error.ts";
import { withPin } from "../storage/pins.ts";
import { withStore } from "../storage/with-store.ts";
import { digestOf, type Digest } from "../oci/digest.ts";
import type { Descriptor, Manifest } from "../oci/image-types.ts";
import { layerCompression, layerMediaType, mediaTypes, type Compression } from "../oci/media-types.ts";
import { formatReference, parseReference, pinned, type Reference } from "../oci/reference.ts";
import { hasBlob } from "../registry/blobs.ts";
import type { RegistryClient } from "../registry/client.ts";
import type { ConnectOptions } from "../registry/connect.ts";
import { pushScope, putManifest } from "../registry/manifests.ts";
import { mountBlob, uploadBlob, uploadBytes } from "../registry/uploads.ts";
import type { ImageEngine } from "./engine.ts";
import { imageEvent } from "./events.ts";
import { connectHome } from "./home-registry.ts";
import { contentOf, type ImageLayer, type ImageRecord } from "./image-record.ts";
import { listImages, putBlob, readBlob, readImage, readManifest, readTag, saveImage, setTag, tagsOf } from "./image-store.ts";
import { openPacked } from "./packed-layer.ts";
import type { OnProgress } from "./progress.ts";
import { requireImage } from "./resolve.ts";
import type { SignBy } from "./signature/signer.ts";
import { inParallel } from "./store-image.ts";

/** What to push, where to and in which form. */
export interface PushRequest {
  /** A local image, as typed. */
  readonly image: string;
  /** Where to, as typed (`docker://` in front or not); the image's own name when absent. */
  readonly destination?: string;
  /** How layers that must be sent are packed. */
  readonly compression: Exclude<Compression, "none">;
  readonly compressionLevel?: number;
  /** Packs anew even what the registry has packed otherwise. */
  readonly forceCompression: boolean;
  /** The manifest's form; the image's own when absent. */
  readonly format?: "oci" | "docker";
  /** Signs what was pushed. */
  readonly signBy?: SignBy;
  /** The manifest is stored under its digest alone, as a manifest list wants it. */
  readonly byDigest?: boolean;
  readonly connect?: ConnectOptions;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Where it is now. */
export interface PushResult {
  readonly reference: string;
  readonly digest: Digest;
  /** Of the manifest. */
  readonly mediaType: string;
  readonly sizeBytes: number;
}

const layersAtOnce = 3;

/** Sends an image. @throws CalaError `image-unknown`, `registry-…`, `layer-…` */
export async function pushImage(engine: ImageEngine, request: PushRequest): Promise<PushResult> {
  const found = await requireImage(engine, request.image);
  // A key that cannot be used is told before anything is sent.
  const sign = request.signBy === undefined ? undefined : await (await import("./signature/signer.ts")).signerOf(engine.env, request.signBy);
  const name = request.destination?.replace(/^docker:\/\//, "") ?? found.reference ?? request.image;
  const reference = parseReference(name);
  const onWait = (text: string): void => request.onProgress?.({ kind: "step", text });
  const connect: ConnectOptions = { onWait, ...request.connect };
  const { client, place } = await connectHome(engine, reference, { connect, ...(request.signal === undefined ? {} : { signal: request.signal }) });
  try {
    const sent = await withPin(engine.dirs, contentOf(found.image), async () => await send(engine, request, found.image, client, place));
    await rememberPushed(engine, found.image, formatReference(reference), sent);
    const { digest, mediaType, bytes } = sent;
    await sign?.(client, { reference, place, digest });
    imageEvent(engine, "push", found.image.id, formatReference(reference));
    return { reference: formatReference(reference), digest, mediaType, sizeBytes: bytes.length };
  } finally {
    client.close();
  }
}

interface SentManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** The image, and a name that points at it here, now also know the digest that it has there; unless it was removed meanwhile. */
async function rememberPushed(engine: ImageEngine, image: ImageRecord, reference: string, { digest, bytes }: SentManifest): Promise<void> {
  await withStore(engine.dirs, "shared", () => {
    if (readImage(engine.dirs, image.id) === undefined) return;
    putBlob(engine.dirs, bytes);
    saveImage(engine.dirs, { ...image, digests: [digest] });
    const tag = readTag(engine.dirs, reference);
    if (tag?.imageId === image.id) setTag(engine.dirs, { ...tag, digest });
  });
}

async function send(engine: ImageEngine, request: PushRequest, image: ImageRecord, client: RegistryClient, reference: Reference): Promise<SentManifest> {
  const original = readManifest(engine.dirs, image);
  const family = request.format ?? (original.mediaType === mediaTypes.dockerManifest ? "docker" : "oci");
  if (family === "docker" && request.compression === "zstd") throw new CalaError("push-invalid", "Docker's manifest form cannot name zstd layers", { hint: "use --format oci" });
  const sent = new Map<Digest, Descriptor>();
  const unique = [...new Map(image.layers.map((layer) => [layer.diffId, layer])).values()];
  await inParallel(unique, layersAtOnce, request.signal, async (layer) => {
    sent.set(layer.diffId, await sendLayer(engine, request, client, reference, layer, family));
  });
  const config = readBlob(engine.dirs, image.configDigest);
  if (!(await hasBlob(client, reference.path, image.configDigest, pushScope(reference.path)))) await uploadBytes(client, reference.path, config, image.configDigest);
  request.onProgress?.({ kind: "layer", id: image.configDigest, phase: "done", doneBytes: config.length, totalBytes: config.length, noun: "config" });
  const bytes = manifestBytes(engine, image, original, family, config.length, image.layers.map((layer) => sent.get(layer.diffId) ?? { mediaType: layer.mediaType, digest: layer.digest, size: layer.sizeBytes }));
  const digest = await putManifest(client, request.byDigest === true ? pinned(reference, digestOf(bytes.bytes)) : reference, bytes.bytes, bytes.mediaType);
  return { digest, ...bytes };
}

async function sendLayer(engine: ImageEngine, request: PushRequest, client: RegistryClient, reference: Reference, layer: ImageLayer, family: "oci" | "docker"): Promise<Descriptor> {
  const packedAs = layerCompression(layer.mediaType) ?? "none";
  const wanted = !request.forceCompression || packedAs === request.compression;
  if (wanted && packedAs !== "none" && (await isThere(engine, client, reference, layer.digest))) {
    report(request, layer.digest, "exists", layer.sizeBytes, layer.sizeBytes);
    return { mediaType: layerMediaType(family, packedAs), digest: layer.digest, size: layer.sizeBytes };
  }
  let size = 0;
  const digest = await uploadBlob(client, reference.path, async () => {
    const packed = await openPacked(engine, layer.diffId, request.compression, request.compressionLevel);
    const total = packedAs === "none" ? 0 : layer.sizeBytes;
    packed.stream.on("data", () => report(request, layer.diffId, "transferring", packed.sizeBytes(), total));
    packed.stream.pause();
    return { stream: packed.stream, digest: () => { size = packed.sizeBytes(); return packed.digest(); } };
  });
  report(request, layer.diffId, "done", size, size);
  return { mediaType: layerMediaType(family, request.compression), digest, size };
}

function report(request: PushRequest, id: string, phase: "exists" | "transferring" | "done", doneBytes: number, totalBytes: number): void {
  request.onProgress?.({ kind: "layer", id, phase, doneBytes, totalBytes, noun: "blob" });
}

/** Whether the repository has a blob, or gets it from another repository of the same registry that we know to have it. */
async function isThere(engine: ImageEngine, client: RegistryClient, reference: Reference, digest: Digest): Promise<boolean> {
  if (await hasBlob(client, reference.path, digest, pushScope(reference.path))) return true;
  for (const from of knownRepositories(engine, client.host, digest)) {
    if (from === reference.path) continue;
    try {
      if (await mountBlob(client, reference.path, digest, from)) return true;
    } catch (error) {
      // A repository that may not be read is no reason to stop: the layer is sent then.
      if (error instanceof Error && error.name === "AbortError") throw error;
    }
  }
  return false;
}

const mostMountTries = 3;

function knownRepositories(engine: ImageEngine, host: string, digest: Digest): string[] {
  const paths = new Set<string>();
  for (const image of imagesWith(engine, digest)) {
    for (const { reference } of tagsOf(engine.dirs, image.id)) {
      const { domain, path } = parseReference(reference);
      if (domain === host) paths.add(path);
    }
  }
  return [...paths].slice(0, mostMountTries);
}

function imagesWith(engine: ImageEngine, digest: Digest): ImageRecord[] {
  return listImages(engine.dirs).filter((image) => image.layers.some((layer) => layer.digest === digest));
}

function manifestBytes(engine: ImageEngine, image: ImageRecord, original: Manifest, family: "oci" | "docker", configBytes: number, layers: readonly Descriptor[]): { readonly bytes: Buffer; readonly mediaType: string } {
  const unchanged = original.mediaType === (family === "oci" ? mediaTypes.ociManifest : mediaTypes.dockerManifest) && layers.every((layer, index) => layer.digest === original.layers[index]?.digest);
  // The very bytes keep the digest, and with it every signature and pin.
  if (unchanged) return { bytes: readBlob(engine.dirs, image.manifestDigest), mediaType: original.mediaType };
  const manifest: Manifest = {
    schemaVersion: 2, mediaType: family === "oci" ? mediaTypes.ociManifest : mediaTypes.dockerManifest,
    config: { mediaType: family === "oci" ? mediaTypes.ociConfig : mediaTypes.dockerConfig, digest: image.configDigest, size: configBytes },
    layers, ...(original.annotations === undefined || family === "docker" ? {} : { annotations: original.annotations }),
  };
  return { bytes: Buffer.from(JSON.stringify(manifest)), mediaType: manifest.mediaType };
}

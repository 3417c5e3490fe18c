/** Images to archives and directories. */
import { createReadStream, createWriteStream, rmSync } from "node:fs";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CalaError, isErrno, reasonOf } from "../base/error.ts";
import { stagingPath } from "../layer/staging.ts";
import { withPin } from "../storage/pins.ts";
import { digestHex, digestOf, type Digest } from "../oci/digest.ts";
import { formatReference, splitName, withDefaults } from "../oci/reference.ts";
import type { Descriptor, Manifest } from "../oci/image-types.ts";
import { layerMediaType, mediaTypes, type Compression } from "../oci/media-types.ts";
import { directoryTarget, tarTarget, type ArchiveTarget } from "./archive-target.ts";
import type { ImageEngine } from "./engine.ts";
import { imageEvent } from "./events.ts";
import { contentOf, type ImageRecord } from "./image-record.ts";
import { readBlob, readManifest, tagsOf } from "./image-store.ts";
import { openPacked } from "./packed-layer.ts";
import type { OnProgress } from "./progress.ts";
import { requireImage, type ResolvedImage } from "./resolve.ts";

/** The forms in which images are saved. */
export type SaveFormat = "docker-archive" | "oci-archive" | "oci-dir" | "docker-dir";

/** What to save, where and in which form. */
export interface SaveRequest {
  /** Names or ids. */
  readonly images: readonly string[];
  readonly format: SaveFormat;
  /** A stream for archives, a path for all. */
  readonly output: string | Writable;
  /** Packs layers in the forms that may have them packed (all but docker-archive). */
  readonly compress: boolean;
  /** What the one image is called there, instead of its names here. */
  readonly name?: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Writes images out; a failed archive file is removed. @throws CalaError `image-unknown`, `archive-unwritable`, `layer-…` */
export async function saveImages(engine: ImageEngine, request: SaveRequest): Promise<void> {
  const images: ResolvedImage[] = [];
  for (const name of request.images) images.push(await requireImage(engine, name));
  if (request.format === "docker-dir" && images.length > 1) throw new CalaError("save-invalid", "the form docker-dir holds one image only", { hint: "use docker-archive or oci-archive" });
  // The layers must not be collected while they are read.
  await withPin(engine.dirs, images.flatMap(({ image }) => contentOf(image)), async () => {
    if (typeof request.output !== "string") return await write(engine, request, images, tarTarget(request.output));
    if (request.format === "oci-dir" || request.format === "docker-dir") return await write(engine, request, images, directoryTarget(request.output));
    await toFile(request.output, async (output) => await write(engine, request, images, tarTarget(output)));
  });
}

async function toFile(path: string, work: (output: Writable) => Promise<void>): Promise<void> {
  const output = createWriteStream(path, { highWaterMark: 1 << 20 });
  try {
    await new Promise<void>((resolve, reject) => output.once("open", () => resolve()).once("error", reject));
    await work(output);
    await new Promise<void>((resolve, reject) => output.once("error", reject).end(() => resolve()));
  } catch (error) {
    output.destroy();
    if ((error as { readonly syscall?: unknown }).syscall !== "open") rmSync(path, { force: true });
    throw error instanceof CalaError || (error as Error).name === "AbortError" ? error : new CalaError("archive-unwritable", `the archive "${path}" cannot be written: ${reasonOf(error)}`, { cause: error, ...(isErrno(error, "EACCES") ? { hint: `let the shell open it: cala save IMAGE > ${path}` } : {}) });
  }
}

async function write(engine: ImageEngine, request: SaveRequest, images: readonly ResolvedImage[], target: ArchiveTarget): Promise<void> {
  const unique = request.name === undefined ? groupById(engine, images) : images.map(({ image }) => ({ image, names: [nameThere(request.name ?? "", request.format)] }));
  if (request.format === "docker-archive") await writeDockerArchive(engine, request, unique, target);
  else if (request.format === "docker-dir") await writeDir(engine, request, unique, target);
  else await writeOciLayout(engine, request, unique, target);
  await target.finish();
  for (const { image, names } of unique) imageEvent(engine, "save", image.id, names[0] ?? image.id);
}

/** OCI layouts take any text, docker's archives full names. */
function nameThere(name: string, format: SaveFormat): string {
  return format === "docker-archive" ? formatReference(withDefaults(splitName(name), "docker.io")) : name;
}

interface SavedImage {
  readonly image: ImageRecord;
  readonly names: readonly string[];
}

/** Images by id with the names asked for; one given by id is saved with all its names. */
function groupById(engine: ImageEngine, images: readonly ResolvedImage[]): SavedImage[] {
  const grouped = new Map<string, SavedImage>();
  for (const { image, reference } of images) {
    const names = reference === undefined ? [] : [reference];
    grouped.set(image.id, { image, names: [...new Set([...(grouped.get(image.id)?.names ?? []), ...names])] });
  }
  return [...grouped.values()].map(({ image, names }) => ({ image, names: (names.length > 0 ? names : tagsOf(engine.dirs, image.id).map((tag) => tag.reference)).filter((name) => !name.includes("@")) }));
}

async function writeDockerArchive(engine: ImageEngine, request: SaveRequest, images: readonly SavedImage[], target: ArchiveTarget): Promise<void> {
  const entries: object[] = [];
  for (const { image, names } of images) {
    for (const { diffId } of image.layers) await addTar(engine, request, target, diffId, `${digestHex(diffId)}.tar`);
    const config = `${image.id}.json`;
    if (!target.has(config)) await target.add(config, readBlob(engine.dirs, image.configDigest));
    entries.push({ Config: config, RepoTags: names, Layers: image.layers.map(({ diffId }) => `${digestHex(diffId)}.tar`) });
  }
  await target.add("manifest.json", Buffer.from(JSON.stringify(entries)));
}

async function addTar(engine: ImageEngine, request: SaveRequest, target: ArchiveTarget, diffId: Digest, name: string): Promise<number> {
  const sizeBytes = engine.layers.sizeBytes(diffId);
  if (sizeBytes === undefined) throw new CalaError("layer-missing", `layer "${diffId}" is missing from the store`, { hint: "cala rmi IMAGE, then cala pull IMAGE" });
  request.signal?.throwIfAborted();
  if (!target.has(name)) await target.addStream(name, sizeBytes, await engine.layers.open(diffId));
  request.onProgress?.({ kind: "layer", id: diffId, phase: "done", doneBytes: sizeBytes, totalBytes: sizeBytes, noun: "blob" });
  return sizeBytes;
}

type LayerPlace = (digest: Digest) => string;

/** Writes an image's layers where `place` says. @returns the manifest that describes them as written */
async function writeLayers(engine: ImageEngine, request: SaveRequest, image: ImageRecord, family: "oci" | "docker", target: ArchiveTarget, place: LayerPlace): Promise<Manifest> {
  const compression: Compression = request.compress ? "gzip" : "none";
  const layers: Descriptor[] = [];
  for (const { diffId } of image.layers) {
    const mediaType = layerMediaType(family, compression);
    layers.push(request.compress
      ? { mediaType, ...(await addPacked(engine, request, target, diffId, place)) }
      : { mediaType, digest: diffId, size: await addTar(engine, request, target, diffId, place(diffId)) });
  }
  const config = readBlob(engine.dirs, image.configDigest);
  if (!target.has(place(image.configDigest))) await target.add(place(image.configDigest), config);
  const { annotations } = readManifest(engine.dirs, image);
  return {
    schemaVersion: 2, mediaType: family === "oci" ? mediaTypes.ociManifest : mediaTypes.dockerManifest,
    config: { mediaType: family === "oci" ? mediaTypes.ociConfig : mediaTypes.dockerConfig, digest: image.configDigest, size: config.length },
    layers, ...(annotations === undefined || family === "docker" ? {} : { annotations }),
  };
}

/** An archive wants a member's size first, so the packed layer goes through a temporary file. */
async function addPacked(engine: ImageEngine, request: SaveRequest, target: ArchiveTarget, diffId: Digest, place: LayerPlace): Promise<{ digest: Digest; size: number }> {
  const file = stagingPath(engine.dirs, "packed");
  try {
    const packed = await openPacked(engine, diffId, "gzip");
    await pipeline(packed.stream, createWriteStream(file, { mode: 0o600 }), request.signal === undefined ? {} : { signal: request.signal });
    const descriptor = { digest: packed.digest(), size: packed.sizeBytes() };
    if (!target.has(place(descriptor.digest))) await target.addStream(place(descriptor.digest), descriptor.size, createReadStream(file));
    request.onProgress?.({ kind: "layer", id: descriptor.digest, phase: "done", doneBytes: descriptor.size, totalBytes: descriptor.size, noun: "blob" });
    return descriptor;
  } finally {
    rmSync(file, { force: true });
  }
}

async function writeOciLayout(engine: ImageEngine, request: SaveRequest, images: readonly SavedImage[], target: ArchiveTarget): Promise<void> {
  const place: LayerPlace = (digest) => `blobs/sha256/${digestHex(digest)}`;
  const manifests: Descriptor[] = [];
  for (const { image, names } of images) {
    const bytes = Buffer.from(JSON.stringify(await writeLayers(engine, request, image, "oci", target, place)));
    const digest = digestOf(bytes);
    if (!target.has(place(digest))) await target.add(place(digest), bytes);
    const descriptor = { mediaType: mediaTypes.ociManifest, digest, size: bytes.length };
    if (names.length === 0) manifests.push(descriptor);
    for (const name of names) manifests.push({ ...descriptor, annotations: { "org.opencontainers.image.ref.name": name } });
  }
  await target.add("oci-layout", Buffer.from(JSON.stringify({ imageLayoutVersion: "1.0.0" })));
  await target.add("index.json", Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })));
}

async function writeDir(engine: ImageEngine, request: SaveRequest, images: readonly SavedImage[], target: ArchiveTarget): Promise<void> {
  for (const { image } of images) {
    const manifest = await writeLayers(engine, request, image, "docker", target, digestHex);
    await target.add("manifest.json", Buffer.from(JSON.stringify(manifest)));
  }
  await target.add("version", Buffer.from("Directory Transport Version: 1.1\n"));
}

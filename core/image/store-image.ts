/** Takes an image in from any source: chooses the platform, stores the missing layers side by side, then the record. */
import { existsSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { timestamp } from "../base/clock.ts";
import { blobFile } from "../dirs/paths.ts";
import { syncInBackground } from "../layer/unsynced.ts";
import { withPin } from "../storage/pins.ts";
import { withStore } from "../storage/with-store.ts";
import { digestHex, verifyDigest, type Digest } from "../oci/digest.ts";
import type { Descriptor, ImageConfig, Index, Manifest } from "../oci/image-types.ts";
import { isForeignLayer, layerCompression, mediaTypes } from "../oci/media-types.ts";
import { chooseManifest, formatPlatform, hostPlatform, type PlatformWish } from "../oci/platform.ts";
import { largestDocumentBytes, parseImageConfig, parseManifest } from "../oci/validate.ts";
import type { ImageEngine } from "./engine.ts";
import type { ImageLayer, ImageRecord } from "./image-record.ts";
import { blobBytes, isReadOnly, putBlob, readImage, readTag, saveImage, setTag } from "./image-store.ts";
import type { OnProgress } from "./progress.ts";
import type { ImageSource, SourceManifest } from "./source.ts";

/** Which platform to choose and whom to tell. */
export interface StoreOptions {
  readonly platform: PlatformWish;
  /** Full references that point at the image from the moment it is there. */
  readonly names?: readonly string[];
  /** Told the digests of the documents that lead to the image, the manifest's last, before anything is stored; what it throws ends it. */
  readonly accept?: (digests: readonly Digest[]) => Promise<void>;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** The image and the digest that its name stands for (an index's, where there is one). */
export interface StoreResult {
  readonly image: ImageRecord;
  readonly digest: Digest;
}

const layersAtOnce = 4;
const deepestIndex = 3;

interface Chosen {
  readonly documents: readonly SourceManifest[];
  readonly manifest: Manifest;
  readonly manifestDigest: Digest;
}

/**
 * Stores an image. A failure leaves complete layers (for the next try) and nothing else. The caller holds no lock.
 * @throws CalaError `platform-unknown`, `document-invalid`, `digest-mismatch`, `image-unsupported`, …
 */
export async function storeImage(engine: ImageEngine, source: ImageSource, options: StoreOptions): Promise<StoreResult> {
  const chosen = await chooseImage(source, options.platform);
  await options.accept?.(chosen.documents.map((document) => document.digest));
  if (chosen.manifest.config.mediaType === mediaTypes.ociEmpty) throw new CalaError("image-unsupported", `"${source.name}" is an artifact, not a container image`, { hint: `cala artifact pull ${source.name}` });
  const known = storedAlready(engine, chosen, options);
  if (known !== undefined) return known;
  const configBytes = await readConfigBytes(source, chosen.manifest.config);
  const config = parseImageConfig(configBytes, `the config of "${source.name}"`);
  checkLayers(chosen.manifest, config, source.name);
  warnAboutPlatform(engine, config, options.platform, source.name);
  return await withPin(engine.dirs, config.rootfs.diff_ids, async () => {
    await storeLayers(engine, source, chosen.manifest, config, options);
    reportConfig(options, chosen.manifest.config);
    const result = await withStore(engine.dirs, "shared", () => record(engine, chosen, config, configBytes, options.names ?? []));
    syncInBackground(engine.dirs);
    return result;
  });
}

/** A pull that finds nothing new writes nothing, and waits for no lock: all that it would leave is there. */
function storedAlready(engine: ImageEngine, chosen: Chosen, options: StoreOptions): StoreResult | undefined {
  const { config } = chosen.manifest;
  const image = readImage(engine.dirs, digestHex(config.digest));
  if (image === undefined || image.manifestDigest !== chosen.manifestDigest || isReadOnly(engine.dirs, image.id)) return undefined;
  const digests = chosen.documents.map((document) => document.digest);
  const digest = digests[0] ?? chosen.manifestDigest;
  const isNamed = (options.names ?? []).every((name) => {
    const tag = readTag(engine.dirs, name);
    return tag?.imageId === image.id && tag.digest === digest;
  });
  const hasAll = digests.every((each) => image.digests.includes(each) && existsSync(blobFile(engine.dirs, digestHex(each)))) && image.layers.every(({ diffId }) => engine.layers.has(diffId));
  if (!isNamed || !hasAll || blobBytes(engine.dirs, config.digest) !== config.size) return undefined;
  warnAboutPlatform(engine, image, options.platform, options.names?.[0] ?? image.id);
  for (const job of jobsOf(chosen.manifest, image.layers.map(({ diffId }) => diffId))) report(options, job, "exists", 0);
  reportConfig(options, config);
  return { image, digest };
}

function reportConfig(options: StoreOptions, { digest, size }: Descriptor): void {
  options.onProgress?.({ kind: "layer", id: digest, phase: "done", doneBytes: size, totalBytes: size, noun: "config" });
}

/** Documents, then the record, then the names: what is there is whole at every moment. */
function record(engine: ImageEngine, chosen: Chosen, config: ImageConfig, configBytes: Buffer, names: readonly string[]): StoreResult {
  for (const { bytes } of chosen.documents) putBlob(engine.dirs, bytes);
  putBlob(engine.dirs, configBytes);
  const digests = chosen.documents.map((document) => document.digest);
  const image = saveImage(engine.dirs, recordOf(engine, chosen, config, digests));
  const digest = digests[0] ?? chosen.manifestDigest;
  for (const reference of names) setTag(engine.dirs, { reference, imageId: image.id, digest });
  return { image, digest };
}

async function chooseImage(source: ImageSource, platform: PlatformWish): Promise<Chosen> {
  const documents: SourceManifest[] = [];
  let descriptor: Descriptor | undefined;
  for (let depth = 0; depth <= deepestIndex; depth += 1) {
    const document = await source.manifest(descriptor);
    documents.push(document);
    if (descriptor !== undefined && document.bytes.length !== descriptor.size) throw new CalaError("document-invalid", `the manifest of "${source.name}" has ${document.bytes.length} bytes and its index says ${descriptor.size}`);
    const parsed = parseManifest(document.bytes, document.mediaType ?? descriptor?.mediaType, `the manifest of "${source.name}"`);
    if (parsed.kind === "manifest") return { documents, manifest: parsed.manifest, manifestDigest: document.digest };
    descriptor = entryFor(parsed.index, platform, source.name);
  }
  throw new CalaError("document-invalid", `the index of "${source.name}" leads to further indexes without end`);
}

function entryFor(index: Index, platform: PlatformWish, name: string): Descriptor {
  const chosen = chooseManifest(index.manifests, platform);
  if (chosen !== undefined) return chosen;
  const [only] = index.manifests;
  // An index of one entry without platform leaves no choice.
  if (only !== undefined && index.manifests.length === 1 && (only.platform === undefined || only.platform.os === "")) return only;
  const offered = index.manifests.flatMap(({ platform: entry }) => (entry === undefined || entry.os === "unknown" ? [] : [formatPlatform(entry)]));
  const wanted = formatPlatform({ ...hostPlatform(), ...platform });
  throw new CalaError("platform-unknown", `image "${name}" does not exist for ${wanted}; it exists for ${[...new Set(offered)].join(", ") || "no platform"}`);
}

async function readConfigBytes(source: ImageSource, descriptor: Descriptor): Promise<Buffer> {
  if (descriptor.size > largestDocumentBytes) throw new CalaError("document-invalid", `the config of "${source.name}" has ${descriptor.size} bytes, more than ${largestDocumentBytes}`);
  const bytes = await source.config(descriptor);
  verifyDigest(bytes, descriptor.digest, `the config of "${source.name}"`);
  if (bytes.length !== descriptor.size) throw new CalaError("document-invalid", `the config of "${source.name}" has ${bytes.length} bytes and its manifest says ${descriptor.size}`);
  return bytes;
}

function checkLayers(manifest: Manifest, config: ImageConfig, name: string): void {
  for (const { mediaType } of manifest.layers) {
    if (isForeignLayer(mediaType)) throw new CalaError("image-unsupported", `image "${name}" has a layer that its registry does not deliver ("${mediaType}"); such images are for other systems`);
    if (layerCompression(mediaType) === undefined) throw new CalaError("image-unsupported", `"${name}" is not a container image: it has a layer of the type "${mediaType}"`);
  }
  const diffIds = config.rootfs.diff_ids.length;
  if (diffIds !== manifest.layers.length) throw new CalaError("document-invalid", `the manifest of "${name}" has ${manifest.layers.length} layers and its config ${diffIds}`);
}

function warnAboutPlatform(engine: ImageEngine, config: Pick<ImageConfig, "os" | "architecture">, platform: PlatformWish, name: string): void {
  if (config.os !== "" && config.os !== "linux") throw new CalaError("image-unsupported", `image "${name}" is for ${config.os}, and containers here run Linux`);
  const wanted = platform.architecture ?? hostPlatform().architecture;
  if (config.architecture !== "" && config.architecture !== wanted) engine.notice(`image "${name}" is for ${config.architecture}, not for ${wanted}`);
}

interface Job {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

/** Each layer once, however often the image has it. */
function jobsOf(manifest: Manifest, diffIds: readonly Digest[]): Iterable<Job> {
  const jobs = new Map<Digest, Job>();
  diffIds.forEach((diffId, index) => {
    const descriptor = manifest.layers[index];
    if (descriptor !== undefined && !jobs.has(diffId)) jobs.set(diffId, { descriptor, diffId });
  });
  return jobs.values();
}

async function storeLayers(engine: ImageEngine, source: ImageSource, manifest: Manifest, config: ImageConfig, options: StoreOptions): Promise<void> {
  const queue: Job[] = [];
  for (const job of jobsOf(manifest, config.rootfs.diff_ids)) {
    const exists = engine.layers.has(job.diffId);
    report(options, job, exists ? "exists" : "waiting", 0);
    if (!exists) queue.push(job);
  }
  await inParallel(queue, layersAtOnce, options.signal, (job, signal) => storeLayer(engine, source, job, options, signal));
}

async function storeLayer(engine: ImageEngine, source: ImageSource, job: Job, options: StoreOptions, signal: AbortSignal): Promise<void> {
  const { descriptor, diffId } = job;
  const hooks = { exists: () => engine.layers.has(diffId), signal, onBytes: (doneBytes: number) => report(options, job, "transferring", doneBytes) };
  await source.layer(descriptor, hooks, async (stream) => {
    const packed = source.deliversTars === true ? {} : { digest: descriptor.digest, sizeBytes: descriptor.size };
    await engine.layers.apply(stream, { diffId, ...packed, signal });
  });
  report(options, job, "done", descriptor.size);
}

function report(options: StoreOptions, job: Job, phase: "waiting" | "exists" | "transferring" | "done", doneBytes: number): void {
  options.onProgress?.({ kind: "layer", id: job.descriptor.digest, phase, doneBytes, totalBytes: job.descriptor.size, noun: "blob" });
}

/** Works through a list, `width` at once; the first failure stops the others and is thrown when all have stopped. */
export async function inParallel<T>(items: readonly T[], width: number, signal: AbortSignal | undefined, work: (item: T, signal: AbortSignal) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const combined = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const failures: unknown[] = [];
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) {
      try {
        combined.throwIfAborted();
        await work(item, combined);
      } catch (error) {
        failures.push(error);
        stop.abort();
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
}

function recordOf(engine: ImageEngine, chosen: Chosen, config: ImageConfig, digests: readonly Digest[]): ImageRecord {
  const layers = chosen.manifest.layers.map((layer, index): ImageLayer => ({
    diffId: config.rootfs.diff_ids[index] ?? layer.digest, digest: layer.digest, sizeBytes: layer.size, mediaType: layer.mediaType,
  }));
  return imageRecord(engine, { manifest: chosen.manifest, manifestDigest: chosen.manifestDigest, layers, config, digests });
}

/** The record of an image whose layers are stored. */
export function imageRecord(engine: ImageEngine, parts: { readonly manifest: Manifest; readonly manifestDigest: Digest; readonly layers: readonly ImageLayer[]; readonly config: ImageConfig; readonly digests: readonly Digest[] }): ImageRecord {
  const { manifest, config } = parts;
  const storedAt = timestamp();
  return {
    version: 1, id: digestHex(manifest.config.digest), manifestDigest: parts.manifestDigest, mediaType: manifest.mediaType, configDigest: manifest.config.digest,
    layers: parts.layers, sizeBytes: parts.layers.reduce((sum, layer) => sum + (engine.layers.sizeBytes(layer.diffId) ?? 0), 0),
    createdAt: config.created ?? storedAt, storedAt,
    os: config.os === "" ? "linux" : config.os, architecture: config.architecture,
    ...(config.variant === undefined || config.variant === "" ? {} : { variant: config.variant }),
    labels: config.config?.Labels ?? {}, digests: parts.digests,
  };
}

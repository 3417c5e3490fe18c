/** Which images a damage reaches, and where they can be had again. Only what is missing from the store is fetched. */
import { CalaError } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import { loadRegistriesConfig, pullSources } from "../config/registries-conf.ts";
import { listRecords } from "../container/store.ts";
import type { Dirs } from "../dirs/dirs.ts";
import type { Engine } from "../engine.ts";
import type { ImageRecord } from "../image/image-record.ts";
import { imageIds, listTags, readBlob, readImage } from "../image/image-store.ts";
import { imageEngine } from "../image/open.ts";
import { registrySource } from "../image/registry-source.ts";
import type { ImageSource } from "../image/source.ts";
import { storeImage } from "../image/store-image.ts";
import { isDigest, type Digest } from "../oci/digest.ts";
import { formatReference, parseReference, pinned, repositoryOf } from "../oci/reference.ts";
import { connectRegistry } from "../registry/connect.ts";

/** What is broken, by kind. */
export interface Broken {
  readonly layers: readonly Digest[];
  readonly documents: readonly Digest[];
  /** Ids of images whose record is damaged. */
  readonly images: readonly string[];
}

/** An image (or what a container remembers of one) with what of it is broken. */
export interface AffectedImage {
  readonly id: string;
  /** For messages. */
  readonly title: string;
  readonly layers: readonly Digest[];
  readonly documents: readonly Digest[];
  readonly record: boolean;
  /** For messages: `1 layer was`. */
  readonly what: string;
  /** References with the digest to ask for, best first. */
  readonly origins: readonly { readonly reference: string; readonly digest: Digest }[];
  readonly platform: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
}

/** The images that cannot be used as they are. */
export function affectedImages(dirs: Dirs, broken: Broken): AffectedImage[] {
  const images = imageIds(dirs).flatMap((id) => affected(dirs, id, broken) ?? []);
  const known = new Set(images.map(({ id }) => id));
  return [...images, ...ofContainers(dirs, broken).filter(({ id }) => !known.has(id))];
}

function affected(dirs: Dirs, id: string, broken: Broken): AffectedImage | undefined {
  const record = broken.images.includes(id) ? undefined : readImage(dirs, id);
  const layers = broken.layers.filter((diffId) => record?.layers.some((layer) => layer.diffId === diffId));
  const documents = broken.documents.filter((digest) => digest === `sha256:${id}` || digest === record?.manifestDigest);
  if (record !== undefined && layers.length + documents.length === 0) return undefined;
  const tags = listTags(dirs).filter((tag) => tag.imageId === id);
  const origins = tags.map((tag) => ({ reference: tag.reference, digest: record?.manifestDigest ?? tag.digest }));
  return image({ id, title: tags[0]?.reference ?? shortId(id), layers, documents, record: record === undefined, origins, platform: platformOf(record) });
}

/** A container outlives its image's record: it remembers where the image came from. */
function ofContainers(dirs: Dirs, broken: Broken): AffectedImage[] {
  return listRecords(dirs, () => undefined).flatMap((record) => {
    const layers = broken.layers.filter((diffId) => record.image.layers.includes(diffId));
    if (layers.length === 0) return [];
    const origins = isDigest(record.image.digest) && record.imageName !== record.imageId ? [{ reference: record.imageName, digest: record.image.digest }] : [];
    return [image({ id: record.imageId, title: record.imageName, layers, documents: [], record: false, origins, platform: {} })];
  });
}

function platformOf(record: ImageRecord | undefined): AffectedImage["platform"] {
  if (record === undefined) return {};
  return { os: record.os, architecture: record.architecture, ...(record.variant === undefined ? {} : { variant: record.variant }) };
}

function image(parts: Omit<AffectedImage, "what">): AffectedImage {
  const counts = [[parts.layers.length, "layer"], [parts.documents.length + (parts.record ? 1 : 0), "document"]] as const;
  const words = counts.filter(([count]) => count > 0).map(([count, noun]) => `${count} ${noun}${count === 1 ? "" : "s"}`);
  return { ...parts, what: words.join(" and ") };
}

const finalCodes = new Set(["manifest-unknown", "blob-unknown", "image-unknown", "image-local", "digest-mismatch", "document-invalid", "layer-invalid", "platform-unknown", "registry-blocked"]);

/** Whether another try makes no sense: the registry has it no more, or there is none to ask. */
export function isFinal(error: unknown): boolean {
  return error instanceof CalaError && finalCodes.has(error.code);
}

/** Stores what the image lacks. @returns the reference that it came from @throws CalaError `image-local` when nobody else has it, and those of a pull */
export async function fetchAgain(engine: Engine, wanted: AffectedImage, signal: AbortSignal | undefined): Promise<string> {
  let failure: unknown = noOrigin();
  for (const { reference, digest } of wanted.origins) {
    if (await isWholeHere(engine, wanted, digest)) return "its own documents";
    if (reference.startsWith("localhost/")) continue;
    try {
      return await fetchFrom(engine, wanted, reference, digest, signal);
    } catch (error) {
      signal?.throwIfAborted();
      // A registry that may answer later is the better news.
      if (isFinal(failure)) failure = error;
    }
  }
  throw failure;
}

const noOrigin = (): CalaError => new CalaError("image-local", "it was made on this machine, or its name is lost, so there is no registry to ask");

/** Where only the record was damaged, the documents say everything that it said. */
async function isWholeHere(engine: Engine, wanted: AffectedImage, digest: Digest): Promise<boolean> {
  const nobody = async (): Promise<never> => await Promise.reject(noOrigin());
  try {
    const source = knownFirst(engine.dirs, { name: wanted.title, manifest: nobody, config: nobody, layer: nobody }, digest);
    return (await storeImage(imageEngine(engine), source, { platform: wanted.platform })).image.id === wanted.id;
  } catch {
    return false;
  }
}

async function fetchFrom(engine: Engine, wanted: AffectedImage, reference: string, digest: Digest, signal: AbortSignal | undefined): Promise<string> {
  const exact = pinned(parseReference(reference), digest);
  let failure: unknown;
  for (const source of pullSources(await loadRegistriesConfig(engine.env), exact)) {
    const client = await connectRegistry(source.reference.domain, repositoryOf(source.reference), { env: engine.env, ...(signal === undefined ? {} : { signal }) }, source.insecure);
    try {
      const { image: stored } = await storeImage(imageEngine(engine), knownFirst(engine.dirs, registrySource(client, source.reference, engine.dirs), digest), { platform: wanted.platform, ...(signal === undefined ? {} : { signal }) });
      if (stored.id === wanted.id) return formatReference(source.reference);
      failure = new CalaError("image-unknown", `${formatReference(source.reference)} is another image by now`);
    } catch (error) {
      failure = error;
    } finally {
      client.close();
    }
  }
  throw failure;
}

/** The source, asked only for documents that are not here in a sound state. */
function knownFirst(dirs: Dirs, source: ImageSource, digest: Digest): ImageSource {
  const known = (wanted: Digest): Buffer | undefined => {
    try {
      return readBlob(dirs, wanted);
    } catch {
      return undefined;
    }
  };
  return {
    ...source,
    manifest: async (descriptor) => {
      const bytes = known(descriptor?.digest ?? digest);
      return bytes === undefined ? await source.manifest(descriptor) : { bytes, mediaType: descriptor?.mediaType, digest: descriptor?.digest ?? digest };
    },
    config: async (descriptor) => known(descriptor.digest) ?? await source.config(descriptor),
  };
}

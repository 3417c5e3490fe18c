/** What `manifest inspect` shows: the document under a name, or with `--verbose` everything that docker tells of each image in it. */
import { CalaError } from "../base/error.ts";
import type { Digest } from "../oci/digest.ts";
import type { Descriptor, ImageConfig, Platform } from "../oci/image-types.ts";
import { mediaTypes } from "../oci/media-types.ts";
import { formatReference, pinned } from "../oci/reference.ts";
import { largestDocumentBytes, parseImageConfig, parseManifest } from "../oci/validate.ts";
import { readBlob as fetchBlob } from "../registry/blobs.ts";
import type { ConnectOptions } from "../registry/connect.ts";
import { getManifest } from "../registry/manifests.ts";
import type { ImageEngine } from "./engine.ts";
import { readBlob } from "./image-store.ts";
import { entryIn, openRepository, type OpenRepository } from "./manifest-edit.ts";
import { encodeList, findList, requireList, type ListEntry, type ManifestList } from "./manifest-list.ts";
import { findImage } from "./resolve.ts";

/** One image as docker's `manifest inspect --verbose` tells of it. */
export interface VerboseManifest {
  readonly Ref: string;
  readonly Descriptor: Descriptor;
  /** The manifest's bytes in base64. */
  readonly Raw: string;
  readonly SchemaV2Manifest?: unknown;
  readonly OCIManifest?: unknown;
}

/** A document and where those that it leads to are read. */
interface Place {
  readonly reference: string;
  readonly bytes: Buffer;
  readonly mediaType: string | undefined;
  /** The digest of `bytes`. */
  readonly digest: Digest;
  /** What a list says of it. */
  readonly listed?: Descriptor;
  readonly manifest: (digest: Digest) => Promise<Buffer>;
  readonly config: (descriptor: Descriptor, manifest: Digest) => Promise<Buffer>;
}

/** What is to be inspected: a list here, an image here, else what a registry has; or one image of a list. */
export interface ManifestName {
  readonly name: string;
  /** The list, here, of which `name` is an image. */
  readonly list?: string | undefined;
}

/** The document under a name. @throws CalaError `image-unknown`, `list-unknown`, `list-entry-unknown`, `registry-…` */
export async function inspectManifest(engine: ImageEngine, named: ManifestName, connect: ConnectOptions): Promise<unknown> {
  return await withPlace(engine, named, connect, ({ bytes }) => Promise.resolve(JSON.parse(bytes.toString("utf8"))));
}

/** Every image under a name: one, or all of a list. @throws CalaError `image-unknown`, `list-unknown`, `list-entry-unknown`, `document-invalid`, `registry-…` */
export async function inspectManifestVerbosely(engine: ImageEngine, named: ManifestName, connect: ConnectOptions): Promise<VerboseManifest | VerboseManifest[]> {
  return await withPlace(engine, named, connect, async (place) => {
    const document = parseManifest(place.bytes, place.mediaType, `the manifest of "${named.name}"`);
    if (document.kind === "manifest") return await describe(place, place.reference, place.listed ?? { mediaType: document.manifest.mediaType, digest: place.digest, size: place.bytes.length }, place.bytes);
    const all: VerboseManifest[] = [];
    for (const descriptor of document.index.manifests) all.push(await describe(place, `${place.reference}@${descriptor.digest}`, descriptor, await place.manifest(descriptor.digest)));
    return all;
  });
}

async function describe(place: Place, reference: string, descriptor: Descriptor, bytes: Buffer): Promise<VerboseManifest> {
  const document = parseManifest(bytes, descriptor.mediaType, `the manifest of "${reference}"`);
  if (document.kind === "index") throw new CalaError("image-unsupported", `"${reference}" leads to a further list`);
  const { mediaType, config, artifactType } = document.manifest;
  const platform = descriptor.platform ?? (artifactType === undefined ? await platformOf(place, config, descriptor.digest) : undefined);
  return {
    Ref: reference, Descriptor: { ...descriptor, ...(platform === undefined ? {} : { platform }) }, Raw: bytes.toString("base64"),
    [mediaType === mediaTypes.dockerManifest ? "SchemaV2Manifest" : "OCIManifest"]: JSON.parse(bytes.toString("utf8")) as unknown,
  };
}

/** What an image's config says it is for; nothing for what has no such config. */
async function platformOf(place: Place, config: Descriptor, manifest: Digest): Promise<Platform | undefined> {
  if (config.mediaType !== mediaTypes.ociConfig && config.mediaType !== mediaTypes.dockerConfig) return undefined;
  const { os, architecture, variant }: ImageConfig = parseImageConfig(await place.config(config, manifest), `the config of "${place.reference}"`);
  return { os, architecture, ...(variant === undefined || variant === "" ? {} : { variant }) };
}

async function withPlace<T>(engine: ImageEngine, { name, list: within }: ManifestName, connect: ConnectOptions, work: (place: Place) => Promise<T>): Promise<T> {
  if (within !== undefined) return await work(await placeInList(engine, within, name, connect));
  const [, transport, bare = name] = /^(docker:\/\/)(.*)$/s.exec(name) ?? [];
  const list = transport === undefined ? findList(engine.dirs, bare) : undefined;
  if (list !== undefined) return await work(placeOfList(engine, list, connect));
  const found = transport === undefined ? await findImage(engine, bare) : undefined;
  if (found !== undefined) {
    const { image, reference = image.id } = found;
    const read = (digest: Digest): Promise<Buffer> => Promise.resolve(readBlob(engine.dirs, digest));
    return await work({ reference, bytes: await read(image.manifestDigest), mediaType: image.mediaType, digest: image.manifestDigest, manifest: read, config: ({ digest }) => read(digest) });
  }
  return await withRepository(engine, bare, connect, async (open) => {
    const { bytes, mediaType, digest } = await getManifest(open.client, open.place);
    return await work({ reference: formatReference(open.reference), bytes, mediaType, digest, manifest: (one) => remoteManifest(open, one), config: (descriptor) => remoteConfig(open, descriptor) });
  });
}

/** The images of a list are read where they are: here, or in the registry that they were added from. */
function placeOfList(engine: ImageEngine, list: ManifestList, connect: ConnectOptions): Place {
  const origin = (manifest: Digest): ListEntry["from"] | undefined => list.entries.find(({ descriptor }) => descriptor.digest === manifest)?.from;
  const read = async (digest: Digest, manifest: Digest, remotely: (open: OpenRepository) => Promise<Buffer>): Promise<Buffer> => {
    const from = origin(manifest);
    if (from !== undefined && "artifact" in from) return Buffer.from(from.artifact);
    return from !== undefined && "reference" in from ? await withRepository(engine, from.reference, connect, remotely) : readBlob(engine.dirs, digest);
  };
  return {
    reference: list.reference, mediaType: undefined, ...encodeList(list),
    manifest: async (digest) => await read(digest, digest, (open) => remoteManifest(open, digest)),
    config: async (descriptor, manifest) => await read(descriptor.digest, manifest, (open) => remoteConfig(open, descriptor)),
  };
}

async function placeInList(engine: ImageEngine, within: string, name: string, connect: ConnectOptions): Promise<Place> {
  const { descriptor } = await entryIn(engine, within, name);
  const list = requireList(engine.dirs, within);
  const place = placeOfList(engine, list, connect);
  return { ...place, reference: `${list.reference}@${descriptor.digest}`, bytes: await place.manifest(descriptor.digest), mediaType: descriptor.mediaType, digest: descriptor.digest, listed: descriptor };
}

async function withRepository<T>(engine: ImageEngine, name: string, connect: ConnectOptions, work: (open: OpenRepository) => Promise<T>): Promise<T> {
  const open = await openRepository(engine, name, connect);
  try {
    return await work(open);
  } finally {
    open.client.close();
  }
}

async function remoteManifest({ client, place }: OpenRepository, digest: Digest): Promise<Buffer> {
  return (await getManifest(client, pinned(place, digest))).bytes;
}

async function remoteConfig({ client, place }: OpenRepository, { digest }: Descriptor): Promise<Buffer> {
  return await fetchBlob(client, place.path, digest, largestDocumentBytes);
}

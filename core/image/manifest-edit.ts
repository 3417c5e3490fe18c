/** Verbs that change a manifest list: create, add, annotate, remove. */
import { timestamp } from "../base/clock.ts";
import { CalaError } from "../base/error.ts";
import { loadRegistriesConfig } from "../config/registries-conf.ts";
import { isDigest } from "../oci/digest.ts";
import type { Descriptor, Platform } from "../oci/image-types.ts";
import { chooseManifest, normalArchitecture } from "../oci/platform.ts";
import { formatReference, parseReference, splitName, type Reference } from "../oci/reference.ts";
import { largestDocumentBytes, parseImageConfig, parseManifest } from "../oci/validate.ts";
import { readBlob as fetchBlob } from "../registry/blobs.ts";
import type { RegistryClient } from "../registry/client.ts";
import type { ConnectOptions } from "../registry/connect.ts";
import { getManifest } from "../registry/manifests.ts";
import type { ImageEngine } from "./engine.ts";
import { connectHome } from "./home-registry.ts";
import { readBlob, readTag } from "./image-store.ts";
import { findList, requireList, saveList, type ListEntry, type ManifestList } from "./manifest-list.ts";
import { candidates, findImage } from "./resolve.ts";
import { newNameOf } from "./tag.ts";

/** What is to be said of an image in a list. */
export interface Annotation {
  readonly annotations: Readonly<Record<string, string>>;
  readonly architecture?: string;
  readonly os?: string;
  readonly osVersion?: string;
  readonly variant?: string;
  readonly features?: readonly string[];
  readonly osFeatures?: readonly string[];
}

/** How an image is looked for. */
export interface AddRequest {
  /** Every platform of an image that is a list itself. */
  readonly all: boolean;
  readonly connect?: ConnectOptions;
  readonly signal?: AbortSignal;
}

/** Makes a list. @throws CalaError `list-exists` unless it is to be amended */
export function createList(engine: ImageEngine, name: string, request: { readonly amend: boolean; readonly annotations: Readonly<Record<string, string>> }): ManifestList {
  const reference = newNameOf(name);
  const earlier = findList(engine.dirs, reference);
  if (earlier !== undefined && !request.amend) throw new CalaError("list-exists", `there is a manifest list "${reference}" already`, { hint: `cala manifest create --amend ${name}, or cala manifest rm ${name}` });
  if (earlier === undefined && readTag(engine.dirs, reference) !== undefined) throw new CalaError("list-exists", `"${reference}" is the name of an image`, { hint: `cala untag ${reference} ${reference}` });
  const annotations = { ...earlier?.annotations, ...request.annotations };
  const list: ManifestList = { version: 1, reference, createdAt: earlier?.createdAt ?? timestamp(), entries: earlier?.entries ?? [], ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
  saveList(engine.dirs, list);
  return list;
}

/** Adds an image that is here, or one in a registry; one that the list has already is replaced. @throws CalaError `image-unknown`, `list-unknown`, `registry-…` */
export async function addToList(engine: ImageEngine, name: string, image: string, request: AddRequest, annotation: Annotation): Promise<ManifestList> {
  return addEntries(engine, name, await entriesFor(engine, image, request), annotation);
}

/** Adds entries that were made ready; one with the digest of an earlier one takes its place. @throws CalaError `list-unknown` */
export function addEntries(engine: ImageEngine, name: string, found: readonly ListEntry[], annotation: Annotation): ManifestList {
  const list = requireList(engine.dirs, name);
  const added = found.map((entry) => ({ ...entry, descriptor: annotated(entry.descriptor, annotation) }));
  const digests = new Set(added.map(({ descriptor }) => descriptor.digest));
  const changed: ManifestList = { ...list, entries: [...list.entries.filter(({ descriptor }) => !digests.has(descriptor.digest)), ...added] };
  saveList(engine.dirs, changed);
  return changed;
}

/** The descriptors of an image that is here, or of one in a registry. @throws CalaError `image-unknown`, `registry-…` */
export async function entriesFor(engine: ImageEngine, image: string, request: AddRequest): Promise<ListEntry[]> {
  const [, transport, bare = image] = /^(docker:\/\/|containers-storage:)(.*)$/s.exec(image) ?? [];
  const local = transport === "docker://" ? undefined : await findImage(engine, bare);
  if (local !== undefined) {
    const { image: record } = local;
    const descriptor: Descriptor = { mediaType: record.mediaType, digest: record.manifestDigest, size: readBlob(engine.dirs, record.manifestDigest).length, platform: platformOf(record) };
    return [{ descriptor, from: { imageId: record.id } }];
  }
  if (transport === "containers-storage:") throw new CalaError("image-unknown", `there is no image "${bare}" here`, { hint: `cala pull ${bare}` });
  return await remoteEntries(engine, bare, request);
}

function platformOf(image: { readonly os: string; readonly architecture: string; readonly variant?: string }): Platform {
  return { os: image.os, architecture: image.architecture, ...(image.variant === undefined ? {} : { variant: image.variant }) };
}

async function remoteEntries(engine: ImageEngine, name: string, request: AddRequest): Promise<ListEntry[]> {
  const { client, reference, place } = await openRepository(engine, name, { ...request.connect, ...(request.signal === undefined ? {} : { signal: request.signal }) });
  try {
    const fetched = await getManifest(client, place);
    const document = parseManifest(fetched.bytes, fetched.mediaType, `the manifest of "${name}"`);
    const from = { reference: formatReference(reference) };
    if (document.kind === "index") {
      const chosen = request.all ? document.index.manifests : [chooseManifest(document.index.manifests, {})].filter((one) => one !== undefined);
      if (chosen.length === 0) throw new CalaError("platform-unknown", `image "${name}" does not exist for this machine's platform`, { hint: "add all platforms with --all" });
      return chosen.map((descriptor) => ({ descriptor, from }));
    }
    const { config: descriptor, mediaType } = document.manifest;
    const parsed = parseImageConfig(await fetchBlob(client, place.path, descriptor.digest, largestDocumentBytes), `the config of "${name}"`);
    return [{ descriptor: { mediaType, digest: fetched.digest, size: fetched.bytes.length, platform: platformOf(parsed) }, from }];
  } finally {
    client.close();
  }
}

/** A repository in a registry; the caller closes the client. */
export interface OpenRepository {
  readonly client: RegistryClient;
  /** The image's own name. */
  readonly reference: Reference;
  /** Where it really is, where registries.conf says so. */
  readonly place: Reference;
}

/** Connects to the registry that a name stands for. @throws CalaError `reference-invalid`, `config-invalid`, `authfile-missing` */
export async function openRepository(engine: ImageEngine, name: string, connect: ConnectOptions): Promise<OpenRepository> {
  const reference = await referenceOf(engine, name);
  return { reference, ...await connectHome(engine, reference, { connect }) };
}

async function referenceOf(engine: ImageEngine, name: string): Promise<Reference> {
  return candidates(splitName(name), await loadRegistriesConfig(engine.env), false)[0] ?? parseReference(name);
}

function annotated(descriptor: Descriptor, annotation: Annotation): Descriptor {
  const { architecture, os, osVersion, variant, features, osFeatures } = annotation;
  const said = [architecture, os, variant, osVersion].some((word) => word !== undefined) || (features ?? []).length + (osFeatures ?? []).length > 0;
  const platform = {
    architecture: "", os: "", ...descriptor.platform,
    ...(architecture === undefined ? {} : { architecture: normalArchitecture(architecture) }), ...(os === undefined ? {} : { os }),
    ...(variant === undefined ? {} : { variant }), ...(osVersion === undefined ? {} : { "os.version": osVersion }),
    ...(osFeatures === undefined || osFeatures.length === 0 ? {} : { "os.features": osFeatures }), ...(features === undefined || features.length === 0 ? {} : { features }),
  };
  const annotations = { ...descriptor.annotations, ...annotation.annotations };
  // Artifacts are for no platform unless that is said of them.
  return { ...descriptor, ...(descriptor.platform === undefined && !said ? {} : { platform }), ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
}

/** Changes what a list says of one of its images, named as in `entryIn`; with `undefined`, of the list itself. @throws CalaError `list-unknown`, `list-entry-unknown` */
export async function annotateList(engine: ImageEngine, name: string, image: string | undefined, annotation: Annotation): Promise<ManifestList> {
  const digest = image === undefined ? undefined : (await entryIn(engine, name, image)).descriptor.digest;
  const list = requireList(engine.dirs, name);
  const changed: ManifestList = digest === undefined
    ? { ...list, annotations: { ...list.annotations, ...annotation.annotations } }
    : { ...list, entries: list.entries.map((entry) => (entry.descriptor.digest === digest ? { ...entry, descriptor: annotated(entry.descriptor, annotation) } : entry)) };
  saveList(engine.dirs, changed);
  return changed;
}

/** Takes an image out of a list. @throws CalaError `list-unknown`, `list-entry-unknown` */
export async function removeFromList(engine: ImageEngine, name: string, image: string): Promise<ManifestList> {
  const { digest } = (await entryIn(engine, name, image)).descriptor;
  const list = requireList(engine.dirs, name);
  const changed = { ...list, entries: list.entries.filter(({ descriptor }) => descriptor.digest !== digest) };
  saveList(engine.dirs, changed);
  return changed;
}

/** One image of a list, by its digest, its name here, or the name in a registry that it was added from. @throws CalaError `list-unknown`, `list-entry-unknown` */
export async function entryIn(engine: ImageEngine, name: string, image: string): Promise<ListEntry> {
  const list = requireList(engine.dirs, name);
  const bare = image.replace(/^docker:\/\//, "");
  const digest = isDigest(bare) ? bare : splitName(bare).digest ?? (await findImage(engine, bare))?.image.manifestDigest;
  const entry = list.entries.find(({ descriptor }) => descriptor.digest === digest);
  if (entry !== undefined) return entry;
  const reference = isDigest(bare) ? "" : formatReference(await referenceOf(engine, bare));
  const [added, ...more] = list.entries.filter(({ from }) => "reference" in from && from.reference === reference);
  if (added !== undefined && more.length === 0) return added;
  if (added !== undefined) throw new CalaError("list-entry-unknown", `several images of manifest list "${list.reference}" were added from "${image}"`, { hint: `name one by its digest: cala manifest inspect ${name}` });
  throw new CalaError("list-entry-unknown", `manifest list "${list.reference}" has no image "${image}"`, { hint: `cala manifest inspect ${name}` });
}

/** Says what image a list is about. @throws CalaError `list-unknown`, `image-unknown`, `registry-…` */
export async function setSubject(engine: ImageEngine, name: string, image: string): Promise<ManifestList> {
  const [entry] = await entriesFor(engine, image, { all: false });
  const list = requireList(engine.dirs, name);
  if (entry === undefined) return list;
  const { mediaType, digest, size } = entry.descriptor;
  const changed = { ...list, subject: { mediaType, digest, size } };
  saveList(engine.dirs, changed);
  return changed;
}

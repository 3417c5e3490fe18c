/** Manifest lists to registries: the images first, then the list that names them. */
import type { Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import type { Descriptor } from "../oci/image-types.ts";
import type { Digest } from "../oci/digest.ts";
import { formatReference, parseReference, pinned, type Reference } from "../oci/reference.ts";
import { parseManifest } from "../oci/validate.ts";
import { hasBlob, openBlob } from "../registry/blobs.ts";
import type { RegistryClient } from "../registry/client.ts";
import type { ConnectOptions } from "../registry/connect.ts";
import { getManifest, headManifest, pushScope, putManifest } from "../registry/manifests.ts";
import { mountBlob, uploadBlob } from "../registry/uploads.ts";
import type { ImageEngine } from "./engine.ts";
import { sendArtifactBlobs } from "./artifact-registry.ts";
import { artifactManifest } from "./artifact-store.ts";
import { connectHome } from "./home-registry.ts";
import { readImage } from "./image-store.ts";
import { encodeList, indexOf, requireList, type ListEntry } from "./manifest-list.ts";
import type { OnProgress } from "./progress.ts";
import { pushImage, type PushRequest } from "./push.ts";
import type { SignBy } from "./signature/signer.ts";

/** What to push, where to and how. */
export interface ManifestPushRequest extends Pick<PushRequest, "compression" | "compressionLevel" | "forceCompression"> {
  readonly list: string;
  /** The list's own name when absent. */
  readonly destination?: string;
  readonly format: "oci" | "docker";
  /** The images too; else the registry must have them already. */
  readonly all: boolean;
  /** Signs the list and everything in it. */
  readonly signBy?: SignBy;
  readonly connect?: ConnectOptions;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** Sends a list. @returns the digest that it has in the registry @throws CalaError `list-unknown`, `image-unknown`, `registry-…` */
export async function pushList(engine: ImageEngine, request: ManifestPushRequest): Promise<{ readonly reference: string; readonly digest: Digest }> {
  const list = requireList(engine.dirs, request.list);
  const sign = request.signBy === undefined ? undefined : await (await import("./signature/signer.ts")).signerOf(engine.env, request.signBy);
  const reference = parseReference(request.destination?.replace(/^docker:\/\//, "") ?? list.reference);
  const { client, place } = await connectHome(engine, reference, request);
  try {
    const entries: ListEntry[] = [];
    for (const entry of list.entries) entries.push(request.all ? { ...entry, descriptor: await sendEntry(engine, request, entry, client, place, reference) } : entry);
    const pushed = { ...list, entries };
    const { bytes } = encodeList(pushed, request.format);
    const digest = await putManifest(client, place, bytes, indexOf(pushed, request.format).mediaType);
    for (const signed of sign === undefined ? [] : new Set([digest, ...entries.map(({ descriptor }) => descriptor.digest)])) await sign?.(client, { reference, place, digest: signed });
    return { reference: formatReference(reference), digest };
  } finally {
    client.close();
  }
}

/** @returns the descriptor of the image as it is there now */
async function sendEntry(engine: ImageEngine, request: ManifestPushRequest, entry: ListEntry, client: RegistryClient, place: Reference, reference: Reference): Promise<Descriptor> {
  if ("reference" in entry.from) {
    await copyEntry(engine, request, entry.descriptor, parseReference(entry.from.reference), client, place);
    return entry.descriptor;
  }
  if ("artifact" in entry.from) {
    const { manifest, bytes } = { manifest: artifactManifest({ reference: request.list, manifest: entry.from.artifact }), bytes: Buffer.from(entry.from.artifact) };
    await sendArtifactBlobs(engine, client, place, manifest, request.onProgress);
    await putManifest(client, pinned(place, entry.descriptor.digest), bytes, manifest.mediaType);
    return entry.descriptor;
  }
  const { imageId } = entry.from;
  if (readImage(engine.dirs, imageId) === undefined) throw new CalaError("image-unknown", `image "${imageId.slice(0, 12)}" of manifest list "${request.list}" is not here any more`, { hint: `cala manifest remove ${request.list} ${entry.descriptor.digest}` });
  const { compression, compressionLevel, forceCompression, connect, onProgress, signal, format } = request;
  const sent = await pushImage(engine, {
    image: imageId, destination: formatReference(reference), byDigest: true, compression, forceCompression, format,
    ...(compressionLevel === undefined ? {} : { compressionLevel }), ...(connect === undefined ? {} : { connect }), ...(onProgress === undefined ? {} : { onProgress }), ...(signal === undefined ? {} : { signal }),
  });
  return { ...entry.descriptor, mediaType: sent.mediaType, digest: sent.digest, size: sent.sizeBytes };
}

/** An image from another registry or repository, blob by blob, unless it is there. */
async function copyEntry(engine: ImageEngine, request: ManifestPushRequest, descriptor: Descriptor, from: Reference, client: RegistryClient, place: Reference): Promise<void> {
  const there = pinned(place, descriptor.digest);
  if (await headManifest(client, there).catch(() => undefined) !== undefined) return;
  const { client: source, place: origin } = await connectHome(engine, from, request);
  try {
    const { bytes, mediaType } = await getManifest(source, pinned(origin, descriptor.digest));
    const document = parseManifest(bytes, mediaType ?? descriptor.mediaType, `the manifest of "${formatReference(from)}"`);
    if (document.kind === "index") throw new CalaError("image-unsupported", `"${formatReference(from)}" leads to a further list`);
    for (const blob of [document.manifest.config, ...document.manifest.layers]) await copyBlob(request, blob, { source, path: origin.path }, { client, path: place.path });
    await putManifest(client, there, bytes, document.manifest.mediaType);
  } finally {
    source.close();
  }
}

async function copyBlob(request: ManifestPushRequest, blob: Descriptor, from: { readonly source: RegistryClient; readonly path: string }, to: { readonly client: RegistryClient; readonly path: string }): Promise<void> {
  const report = (phase: "exists" | "done"): void => request.onProgress?.({ kind: "layer", id: blob.digest, phase, doneBytes: blob.size, totalBytes: blob.size, noun: "blob" });
  if (await hasBlob(to.client, to.path, blob.digest, pushScope(to.path))) return report("exists");
  if (from.source.host === to.client.host && await mountBlob(to.client, to.path, blob.digest, from.path).catch(() => false)) return report("done");
  await uploadBlob(to.client, to.path, async () => {
    const { stream }: { readonly stream: Readable } = await openBlob(from.source, from.path, blob.digest);
    return { stream, digest: () => blob.digest };
  });
  report("done");
}

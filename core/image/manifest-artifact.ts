/** `manifest add --artifact`: files become an artifact that the list names, as an image is named. Source: podman-manifest-add(1). */
import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { CalaError, reasonOf } from "../base/error.ts";
import { digestOf } from "../oci/digest.ts";
import type { Descriptor, Manifest } from "../oci/image-types.ts";
import { mediaTypes } from "../oci/media-types.ts";
import type { ConnectOptions } from "../registry/connect.ts";
import { withPin, type Pin } from "../storage/pins.ts";
import { artifactLayer, emptyConfig, unknownArtifactType } from "./artifact-files.ts";
import { putArtifactBlob } from "./artifact-store.ts";
import type { ImageEngine } from "./engine.ts";
import { addEntries, entriesFor, type Annotation } from "./manifest-edit.ts";
import { requireList, type ManifestList } from "./manifest-list.ts";

/** The artifact to make. */
export interface ListArtifactRequest {
  readonly files: readonly string[];
  readonly type?: string;
  /** A file with the artifact's config. */
  readonly configFile?: string;
  readonly configType?: string;
  /** Media type of the files. */
  readonly layerType?: string;
  /** File names are not noted. */
  readonly excludeTitles: boolean;
  /** An image that the artifact is about. */
  readonly subject?: string;
  readonly connect?: ConnectOptions;
  readonly signal?: AbortSignal;
}

/** Makes an artifact and adds it to a list. @throws CalaError `list-unknown`, `file-unreadable`, `image-unknown`, `registry-…` */
export async function addArtifactToList(engine: ImageEngine, name: string, request: ListArtifactRequest, annotation: Annotation): Promise<ManifestList> {
  requireList(engine.dirs, name);
  const subject = await subjectOf(engine, request);
  return await withPin(engine.dirs, [], async (pin) => {
    const layers: Descriptor[] = [];
    const words = { annotations: {}, untitled: request.excludeTitles, ...(request.layerType === undefined ? {} : { fileType: request.layerType }) };
    for (const file of request.files) layers.push(await artifactLayer(engine, pin, file, words, layers));
    const artifactType = request.type ?? unknownArtifactType;
    const config = await configOf(engine, pin, request);
    const manifest: Manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType, config, layers, ...(subject === undefined ? {} : { subject }) };
    const artifact = JSON.stringify(manifest);
    const descriptor: Descriptor = { mediaType: manifest.mediaType, digest: digestOf(artifact), size: Buffer.byteLength(artifact), artifactType };
    return addEntries(engine, name, [{ descriptor, from: { artifact } }], annotation);
  });
}

async function subjectOf(engine: ImageEngine, { subject, connect, signal }: ListArtifactRequest): Promise<Descriptor | undefined> {
  if (subject === undefined) return undefined;
  const [entry] = await entriesFor(engine, subject, { all: false, ...(connect === undefined ? {} : { connect }), ...(signal === undefined ? {} : { signal }) });
  return entry === undefined ? undefined : { mediaType: entry.descriptor.mediaType, digest: entry.descriptor.digest, size: entry.descriptor.size };
}

async function configOf(engine: ImageEngine, pin: Pin, { configFile, configType }: ListArtifactRequest): Promise<Descriptor> {
  const mediaType = configType ?? (configFile === undefined ? mediaTypes.ociEmpty : mediaTypes.ociConfig);
  if (configFile === undefined) return { mediaType, ...(await putArtifactBlob(engine.dirs, pin, Readable.from([emptyConfig]))) };
  try {
    if (!statSync(configFile).isFile()) throw new CalaError("file-unreadable", `"${configFile}" is not a file`);
    return { mediaType, ...(await putArtifactBlob(engine.dirs, pin, createReadStream(configFile))) };
  } catch (error) {
    if (error instanceof CalaError) throw error;
    throw new CalaError("file-unreadable", `"${configFile}" cannot be added: ${reasonOf(error)}`, { cause: error });
  }
}

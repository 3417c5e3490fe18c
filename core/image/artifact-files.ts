/** Files into artifacts and out of them. Source: OCI image spec 1.1, manifest.md "Guidelines for Artifact Usage"; podman-artifact-add(1). */
import { createReadStream, createWriteStream, existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { timestamp } from "../base/clock.ts";
import { CalaError, reasonOf } from "../base/error.ts";
import { digestHex, digestOf, isDigest } from "../oci/digest.ts";
import type { Descriptor, Manifest } from "../oci/image-types.ts";
import { mediaTypes } from "../oci/media-types.ts";
import { withPin, type Pin } from "../storage/pins.ts";
import type { ImageEngine } from "./engine.ts";
import { artifactBlobsOf, artifactManifest, openArtifactBlob, putArtifactBlob, readArtifact, requireArtifact, saveArtifact, type ArtifactRecord } from "./artifact-store.ts";
import { newNameOf } from "./tag.ts";

/** What to make an artifact of. */
export interface ArtifactAddRequest {
  readonly name: string;
  readonly files: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Of the artifact. */
  readonly type?: string;
  /** Of each file. */
  readonly fileType?: string;
  /** Adds to one that exists. */
  readonly append: boolean;
  /** Takes the place of one that exists. */
  readonly replace: boolean;
}

const title = "org.opencontainers.image.title";
/** The type of artifacts whose maker names none. */
export const unknownArtifactType = "application/vnd.unknown.artifact.v1";
/** What stands for a config where there is none. */
export const emptyConfig = Buffer.from("{}");

/** Makes an artifact of files, or adds them to one. @throws CalaError `artifact-exists`, `artifact-unknown`, `file-unreadable` */
export async function addArtifact(engine: ImageEngine, request: ArtifactAddRequest): Promise<ArtifactRecord> {
  const reference = newNameOf(request.name);
  const earlier = readArtifact(engine.dirs, reference);
  if (earlier !== undefined && !request.append && !request.replace) throw new CalaError("artifact-exists", `there is an artifact "${reference}" already`, { hint: "add to it with --append, or take its place with --replace" });
  if (request.append && request.type !== undefined) throw new CalaError("arguments-conflict", "--append and --type cannot be used together");
  if (request.append && earlier === undefined) throw new CalaError("artifact-unknown", `there is no artifact "${reference}" to append to`, { hint: `cala artifact add ${request.name} FILE` });
  const base = request.append && earlier !== undefined ? artifactManifest(earlier) : undefined;
  const known = base === undefined ? [] : artifactBlobsOf(base).map(({ digest }) => digest);
  return await withPin(engine.dirs, known, async (pin) => {
    const layers: Descriptor[] = [...(base?.layers ?? [])];
    for (const file of request.files) layers.push(await artifactLayer(engine, pin, file, request, layers));
    const { digest, size } = await putArtifactBlob(engine.dirs, pin, Readable.from([emptyConfig]));
    const manifest: Manifest = {
      schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType: base?.artifactType ?? request.type ?? unknownArtifactType,
      config: base?.config ?? { mediaType: mediaTypes.ociEmpty, digest, size }, layers,
      annotations: base?.annotations ?? { "org.opencontainers.image.created": timestamp() },
    };
    const text = JSON.stringify(manifest);
    const record: ArtifactRecord = { version: 1, reference, digest: digestOf(text), manifest: text, createdAt: timestamp() };
    await saveArtifact(engine.dirs, record);
    return record;
  });
}

/** What is said of a file in an artifact. */
export interface FileWords {
  readonly fileType?: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Its name is not noted. */
  readonly untitled?: boolean;
}

/** Keeps a file as a part of an artifact. @throws CalaError `artifact-exists`, `file-unreadable` */
export async function artifactLayer(engine: ImageEngine, pin: Pin, file: string, words: FileWords, others: readonly Descriptor[]): Promise<Descriptor> {
  const name = basename(file);
  if (others.some((layer) => layer.annotations?.[title] === name)) throw new CalaError("artifact-exists", `the artifact has a file "${name}" already`);
  try {
    if (!statSync(file).isFile()) throw new CalaError("file-unreadable", `"${file}" is not a file`);
    const { digest, size } = await putArtifactBlob(engine.dirs, pin, createReadStream(file, { highWaterMark: 1 << 20 }));
    const annotations = { ...(words.untitled === true ? {} : { [title]: name }), ...words.annotations };
    return { mediaType: words.fileType ?? "application/octet-stream", digest, size, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
  } catch (error) {
    if (error instanceof CalaError) throw error;
    throw new CalaError("file-unreadable", `"${file}" cannot be added: ${reasonOf(error)}`, { cause: error });
  }
}

/** Which files to take out, and where to. */
export interface ExtractRequest {
  readonly name: string;
  /** A directory, or the name of the one file. */
  readonly target: string;
  readonly title?: string;
  readonly digest?: string;
}

/** Writes an artifact's files. @throws CalaError `artifact-unknown`, `artifact-file-unknown` */
export async function extractArtifact(engine: ImageEngine, request: ExtractRequest): Promise<string[]> {
  const record = requireArtifact(engine.dirs, request.name);
  const { layers } = artifactManifest(record);
  const wanted = layers.filter((layer) => (request.title === undefined || layer.annotations?.[title] === request.title) && (request.digest === undefined || (isDigest(request.digest) ? layer.digest === request.digest : digestHex(layer.digest).startsWith(request.digest))));
  if (wanted.length === 0) throw new CalaError("artifact-file-unknown", `artifact "${record.reference}" has no such file`, { hint: `cala artifact inspect ${request.name}` });
  const isDirectory = existsSync(request.target) && statSync(request.target).isDirectory();
  if (!isDirectory && wanted.length > 1) throw new CalaError("artifact-file-unknown", `artifact "${record.reference}" has ${wanted.length} files, and "${request.target}" is no directory`, { hint: "choose one with --title, or give a directory" });
  const paths: string[] = [];
  for (const layer of wanted) {
    const path = isDirectory ? join(request.target, fileName(layer)) : request.target;
    await pipeline(openArtifactBlob(engine.dirs, layer.digest), createWriteStream(path));
    paths.push(path);
  }
  return paths;
}

/** Titles come from strangers: one that leads out of the directory is not used. */
function fileName(layer: Descriptor): string {
  const name = layer.annotations?.[title] ?? digestHex(layer.digest);
  if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) throw new CalaError("artifact-file-unknown", `the title "${name}" is no file name`, { hint: `take the file out by its digest, to a name of yours: --digest ${layer.digest}` });
  return name;
}

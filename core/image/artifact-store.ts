/** Artifacts: files under an OCI manifest, which are no images. `artifacts/records/<sha256 of the name>.json` and `artifacts/blobs/HEX`. */
import { createHash } from "node:crypto";
import { closeSync, createReadStream, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { CalaError, isErrno } from "../base/error.ts";
import { sha256OfText } from "../base/sha256.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { artifactBlobsDir, artifactRecordsDir } from "../dirs/paths.ts";
import { namesIn } from "../fs/list-names.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { writeAll, writeJson } from "../fs/write-atomic.ts";
import { stagingPath } from "../layer/staging.ts";
import { digestHex, type Digest } from "../oci/digest.ts";
import type { Descriptor, Manifest } from "../oci/image-types.ts";
import { parseManifest } from "../oci/validate.ts";
import { pinnedDigests, type Pin } from "../storage/pins.ts";
import { withStore } from "../storage/with-store.ts";
import { allLists } from "./manifest-list.ts";
import { newNameOf } from "./tag.ts";

/** One artifact under its name. */
export interface ArtifactRecord {
  readonly version: 1;
  /** Full. */
  readonly reference: string;
  readonly digest: Digest;
  /** The manifest's very bytes, as text. */
  readonly manifest: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

function recordFile(dirs: Dirs, reference: string): string {
  return join(artifactRecordsDir(dirs), `${sha256OfText(reference)}.json`);
}

/** Where a blob lies. */
export function artifactBlob(dirs: Dirs, digest: Digest): string {
  return join(artifactBlobsDir(dirs), digestHex(digest));
}

/** The artifact of a full reference. */
export function readArtifact(dirs: Dirs, reference: string): ArtifactRecord | undefined {
  return readJsonIfThere<ArtifactRecord>(recordFile(dirs, reference));
}

/** Every artifact, by name. */
export function listArtifacts(dirs: Dirs): ArtifactRecord[] {
  const records = namesIn(artifactRecordsDir(dirs)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).flatMap((name) => readJsonIfThere<ArtifactRecord>(join(artifactRecordsDir(dirs), name)) ?? []);
  return records.sort((a, b) => (a.reference < b.reference ? -1 : 1));
}

/** The artifact that a name or the beginning of a digest means. @throws CalaError `artifact-unknown` */
export function requireArtifact(dirs: Dirs, name: string): ArtifactRecord {
  const all = listArtifacts(dirs);
  const hex = name.replace(/^sha256:/, "");
  const byDigest = /^[0-9a-f]{4,64}$/.test(hex) ? all.find(({ digest }) => digestHex(digest).startsWith(hex)) : undefined;
  const found = byDigest ?? readArtifact(dirs, newNameOf(name)) ?? all.find(({ reference }) => reference === name || reference.endsWith(`/${name}`) || reference.endsWith(`/${name}:latest`));
  if (found === undefined) throw new CalaError("artifact-unknown", `there is no artifact "${name}" here`, { hint: "cala artifact ls", exitCode: 1 });
  return found;
}

/** An artifact's manifest. @throws CalaError `document-invalid` */
export function artifactManifest(record: Pick<ArtifactRecord, "reference" | "manifest">): Manifest {
  const document = parseManifest(Buffer.from(record.manifest), undefined, `the manifest of "${record.reference}"`);
  if (document.kind === "index") throw new CalaError("document-invalid", `"${record.reference}" is a list, not an artifact`);
  return document.manifest;
}

/** Everything that an artifact consists of. */
export function artifactBlobsOf(manifest: Manifest): Descriptor[] {
  return [manifest.config, ...manifest.layers];
}

/** Keeps a blob, complete or not at all. @throws CalaError `digest-mismatch` when it is not what was expected */
export async function putArtifactBlob(dirs: Dirs, pin: Pin, stream: Readable, expected?: Descriptor): Promise<{ readonly digest: Digest; readonly size: number }> {
  const staged = stagingPath(dirs, "artifact");
  const sum = createHash("sha256");
  const fd = openSync(staged, "wx", 0o600);
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (expected !== undefined && size > expected.size) break;
      sum.update(chunk);
      writeAll(fd, chunk);
    }
    const digest: Digest = `sha256:${sum.digest("hex")}`;
    if (expected !== undefined && (digest !== expected.digest || size !== expected.size)) throw new CalaError("digest-mismatch", `blob "${expected.digest}" has other bytes than its manifest says`);
    fsyncSync(fd);
    await pin.add([digest]);
    mkdirSync(artifactBlobsDir(dirs), { recursive: true, mode: 0o700 });
    renameSync(staged, artifactBlob(dirs, digest));
    return { digest, size };
  } finally {
    closeSync(fd);
    rmSync(staged, { force: true });
  }
}

/** Whether a blob is there, at least by its size. */
export function hasArtifactBlob(dirs: Dirs, blob: Descriptor): boolean {
  return statSync(artifactBlob(dirs, blob.digest), { throwIfNoEntry: false })?.size === blob.size;
}

/** A blob's bytes. @throws CalaError `artifact-damaged` */
export function openArtifactBlob(dirs: Dirs, digest: Digest): Readable {
  if (!existsSync(artifactBlob(dirs, digest))) throw new CalaError("artifact-damaged", `blob "${digest}" of the artifact is missing`, { hint: "cala artifact pull NAME" });
  return createReadStream(artifactBlob(dirs, digest), { highWaterMark: 1 << 20 });
}

/** Gives an artifact its name; its blobs are there. */
export async function saveArtifact(dirs: Dirs, record: ArtifactRecord): Promise<void> {
  await withStore(dirs, "shared", () => writeJson(recordFile(dirs, record.reference), record, { durable: true }));
}

/** Forgets artifacts and removes what only they needed. */
export async function removeArtifacts(dirs: Dirs, records: readonly ArtifactRecord[]): Promise<void> {
  await withStore(dirs, "exclusive", () => {
    for (const { reference } of records) rmSync(recordFile(dirs, reference), { force: true });
    collectArtifactBlobs(dirs);
  });
}

/** Removes blobs that no artifact, no manifest list and no running command needs. The caller holds the store lock exclusively. */
export function collectArtifactBlobs(dirs: Dirs): void {
  const names = namesIn(artifactBlobsDir(dirs));
  if (names.length === 0) return;
  const manifests = readableManifests(dirs);
  if (manifests === undefined) return;
  const used = new Set([...pinnedDigests(dirs), ...manifests.flatMap((manifest) => artifactBlobsOf(manifest).map(({ digest }) => digest))]);
  for (const name of names) if (!used.has(`sha256:${name}`)) rmSync(join(artifactBlobsDir(dirs), name), { force: true });
}

/** Of all artifacts; undefined where one cannot be read, which may need any blob. */
function readableManifests(dirs: Dirs): Manifest[] | undefined {
  try {
    return [...listArtifacts(dirs).map(artifactManifest), ...artifactsOfLists(dirs)];
  } catch (error) {
    if (error instanceof CalaError) return undefined;
    throw error;
  }
}

/** The manifests of artifacts that were added to manifest lists. */
function artifactsOfLists(dirs: Dirs): Manifest[] {
  return allLists(dirs).flatMap(({ reference, entries }) => entries.flatMap(({ from }) => ("artifact" in from ? [artifactManifest({ reference, manifest: from.artifact })] : [])));
}

/** Whether a blob is there and has its digest; all of it is read. */
export async function isArtifactBlobSound(dirs: Dirs, digest: Digest): Promise<boolean> {
  const sum = createHash("sha256");
  try {
    for await (const chunk of createReadStream(artifactBlob(dirs, digest)) as AsyncIterable<Buffer>) sum.update(chunk);
    return `sha256:${sum.digest("hex")}` === digest;
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES", "EIO", "EISDIR")) return false;
    throw error;
  }
}

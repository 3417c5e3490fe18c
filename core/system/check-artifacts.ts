/** Artifacts and manifest lists: what is wrong with them, and what brings them back. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../base/error.ts";
import { sha256OfText } from "../base/sha256.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { artifactBlobsDir, artifactRecordsDir, imageMountsDir, manifestListsDir, unsyncedDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { namesIn } from "../fs/list-names.ts";
import { writerOf } from "../fs/write-atomic.ts";
import { artifactBlobsOf, artifactManifest, isArtifactBlobSound, readArtifact, type ArtifactRecord } from "../image/artifact-store.ts";
import { fetchArtifact } from "../image/artifact-registry.ts";
import type { ManifestList } from "../image/manifest-list.ts";
import { imageEngine } from "../image/open.ts";
import { hasLayer } from "../layer/record.ts";
import { isUnsyncedMark } from "../layer/unsynced.ts";
import { digestOf, isDigest, type Digest } from "../oci/digest.ts";
import { parseReference } from "../oci/reference.ts";
import type { Damage } from "./damage.ts";

/** Damage to artifacts and manifest lists. `quick` reads no blobs. An object that is a path is a record whose name cannot be told. */
export async function damagedArtifacts(dirs: Dirs, quick: boolean): Promise<Damage[]> {
  const sound = new Map<Digest, Promise<boolean>>();
  const isSound = (digest: Digest): Promise<boolean> => {
    const known = sound.get(digest) ?? (quick ? Promise.resolve(true) : isArtifactBlobSound(dirs, digest));
    sound.set(digest, known);
    return known;
  };
  const damages: Damage[] = [];
  for (const { path, name } of recordsIn(artifactRecordsDir(dirs), damages)) {
    const record = soundRecord<ArtifactRecord>(path, name);
    if (record === undefined) damages.push({ kind: "artifact", object: path, reason: "its record is damaged" });
    else damages.push(...await faultsOf(record, isSound));
  }
  for (const { path, name } of recordsIn(manifestListsDir(dirs), damages)) {
    const list = soundRecord<ManifestList>(path, name);
    if (list === undefined || !Array.isArray(list.entries)) damages.push({ kind: "list", object: path, reason: "its record is damaged" });
    else damages.push(...await faultsOfList(list, isSound));
  }
  for (const name of namesIn(artifactBlobsDir(dirs))) if (!/^[0-9a-f]{64}$/.test(name)) damages.push(...foreign(join(artifactBlobsDir(dirs), name)));
  return damages;
}

function* recordsIn(directory: string, damages: Damage[]): Generator<{ readonly path: string; readonly name: string }> {
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    if (/^[0-9a-f]{64}\.json$/.test(name)) yield { path, name: name.slice(0, 64) };
    else damages.push(...foreign(path));
  }
}

function foreign(path: string): Damage[] {
  return writerOf(path) === undefined ? [{ kind: "foreign", object: path, reason: "cala did not put it there" }] : [];
}

/** A record that is the one of its file's name. */
function soundRecord<T extends { readonly reference: string }>(path: string, name: string): T | undefined {
  try {
    const record = JSON.parse(readFileSync(path, "utf8")) as T;
    parseReference(record.reference);
    return sha256OfText(record.reference) === name ? record : undefined;
  } catch {
    return undefined;
  }
}

async function faultsOf(record: ArtifactRecord, isSound: (digest: Digest) => Promise<boolean>): Promise<Damage[]> {
  if (!isDigest(record.digest) || digestOf(record.manifest) !== record.digest) return [{ kind: "artifact", object: record.reference, reason: "its manifest has another digest" }];
  return await blobFaults("artifact", record, isSound);
}

async function faultsOfList({ reference, entries }: ManifestList, isSound: (digest: Digest) => Promise<boolean>): Promise<Damage[]> {
  const damages: Damage[] = [];
  for (const { from } of entries) if ("artifact" in from) damages.push(...await blobFaults("list", { reference, manifest: from.artifact }, isSound));
  return damages;
}

async function blobFaults(kind: "artifact" | "list", record: Pick<ArtifactRecord, "reference" | "manifest">, isSound: (digest: Digest) => Promise<boolean>): Promise<Damage[]> {
  try {
    const damages: Damage[] = [];
    for (const { digest } of artifactBlobsOf(artifactManifest(record))) {
      if (!(await isSound(digest))) damages.push({ kind, object: record.reference, reason: `its blob "${digest}" is missing or has another digest` });
    }
    return damages;
  } catch (error) {
    return [{ kind, object: record.reference, reason: messageOf(error) }];
  }
}

/** Fetches of an artifact what is damaged. @returns a sentence @throws CalaError when its registry has it no more, or does not answer */
export async function repairArtifact(engine: Engine, name: string, signal: AbortSignal | undefined): Promise<string> {
  const record = readArtifact(engine.dirs, name);
  if (record === undefined) return `artifact "${name}" was removed meanwhile`;
  const damaged = new Set<Digest>();
  if (digestOf(record.manifest) === record.digest) {
    for (const { digest } of artifactBlobsOf(artifactManifest(record))) if (!(await isArtifactBlobSound(engine.dirs, digest))) damaged.add(digest);
  }
  await fetchArtifact(imageEngine(engine), parseReference(name), signal === undefined ? {} : { signal }, { digest: record.digest, damaged });
  return `artifact "${name}": ${damaged.size === 0 ? "its manifest was" : damaged.size === 1 ? "1 blob was" : `${damaged.size} blobs were`} fetched again`;
}

/** Files among the marks of layers and the mounts of images that are neither. */
export function strangeMarks(dirs: Dirs): Damage[] {
  const marks = namesIn(unsyncedDir(dirs)).filter((name) => !isUnsyncedMark(name)).map((name) => join(unsyncedDir(dirs), name));
  const mounts = namesIn(imageMountsDir(dirs)).filter((name) => !/^[0-9a-f]{64}$/.test(name)).map((name) => join(imageMountsDir(dirs), name));
  return [...marks, ...mounts].flatMap(foreign);
}

/** Takes away marks of layers that are not there: what a pull that was killed between the mark and the layer leaves. The caller holds the store lock exclusively. */
export function sweepMarks(dirs: Dirs): void {
  for (const name of namesIn(unsyncedDir(dirs))) {
    const diffId = `sha256:${name.slice(0, 64)}`;
    if (isUnsyncedMark(name) && isDigest(diffId) && !hasLayer(dirs, diffId)) rmSync(join(unsyncedDir(dirs), name), { force: true });
  }
}

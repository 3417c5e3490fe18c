/** `system check`: looks for damage of every kind. Readers' rules hold: nothing is changed but what killed commands left behind. */
import { existsSync, lstatSync, rmSync } from "node:fs";
import { join } from "node:path";
import { clock } from "../base/clock.ts";
import { messageOf } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { artifactRecordsDir, blobsDir, containerDir, imagesDir, knownEntries, layerDir, layersDir, manifestListsDir, tagsDir, volumeDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { namesIn } from "../fs/list-names.ts";
import { writerOf } from "../fs/write-atomic.ts";
import { collectArtifactBlobs } from "../image/artifact-store.ts";
import { inParallel } from "../image/store-image.ts";
import { hasLayer } from "../layer/record.ts";
import { discardSnapshots } from "../container/collect-snapshots.ts";
import { sweepStaging } from "../layer/staging.ts";
import { verifyLayer } from "../layer/verify.ts";
import type { Digest } from "../oci/digest.ts";
import { checkStoreFormat } from "../storage/format.ts";
import { storedLayers } from "../storage/layer-store.ts";
import { pinnedDigests } from "../storage/pins.ts";
import { withStore } from "../storage/with-store.ts";
import { damagedArtifacts, strangeMarks, sweepMarks } from "./check-artifacts.ts";
import { damagedContainers, damagedVolumes, strangeNames, strangersIn, sweepContainers } from "./check-containers.ts";
import { damagedDocuments, damagedImages, damagedTags } from "./check-images.ts";
import type { CheckReport, Damage } from "./damage.ts";

/** How thorough a check is. */
export interface CheckRequest {
  /** Neither the layers' contents nor their trees are read. */
  readonly quick: boolean;
  /** Unused layers older than this are told of. */
  readonly unusedMs: number;
  readonly signal?: AbortSignal;
}

const layersAtOnce = 2;

/** Everything that is wrong with the store. Nothing is removed from it meanwhile. @throws CalaError `store-newer` */
export async function checkStore(engine: Engine, request: CheckRequest): Promise<CheckReport> {
  const { dirs } = engine;
  const format = await formatDamage(dirs);
  if (format !== undefined) return { damages: [format], images: 0, layers: 0, containers: 0, unused: [] };
  await withStore(dirs, "exclusive", async () => await sweep(engine));
  return await withStore(dirs, "shared", async () => {
    const images = damagedImages(dirs);
    const containers = damagedContainers(dirs);
    const layers = await damagedLayers(engine, request);
    const artifacts = await damagedArtifacts(dirs, request.quick);
    const damages = [...artifacts, ...strangers(dirs), ...damagedDocuments(dirs), ...images.damages, ...damagedTags(dirs), ...layers.damages, ...containers.damages, ...damagedVolumes(dirs)];
    const used = new Set<string>([...images.sound.flatMap((image) => image.layers.map((layer) => layer.diffId)), ...containers.sound.flatMap((record) => record.image.layers), ...pinnedDigests(dirs)]);
    // Records that cannot be read may need any layer.
    const isKnowable = damages.every(({ kind }) => kind !== "image" && kind !== "container");
    const unused = isKnowable ? layers.diffIds.filter((diffId) => !used.has(diffId) && isOlder(dirs, diffId, request.unusedMs)) : [];
    return { damages: once(damages), images: images.sound.length, layers: layers.diffIds.length, containers: containers.sound.length, unused };
  });
}

async function formatDamage(dirs: Dirs): Promise<Damage | undefined> {
  try {
    await checkStoreFormat(dirs);
    return undefined;
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "file-damaged") throw error;
    return { kind: "format", object: "format", reason: messageOf(error) };
  }
}

/** What killed commands left: temporary files, staging directories, containers in the making. Harmless, but it takes room. */
async function sweep(engine: Engine): Promise<void> {
  const { dirs } = engine;
  const directories = [dirs.data, blobsDir(dirs), imagesDir(dirs), tagsDir(dirs), artifactRecordsDir(dirs), manifestListsDir(dirs), ...namesIn(join(dirs.data, "containers")).map((id) => containerDir(dirs, id)), ...namesIn(join(dirs.data, "volumes")).map((name) => volumeDir(dirs, name))];
  for (const directory of directories) for (const name of namesIn(directory)) if (isAbandoned(name)) rmSync(join(directory, name), { force: true });
  sweepMarks(dirs);
  collectArtifactBlobs(dirs);
  await sweepStaging(engine);
  await sweepContainers(engine);
  await discardSnapshots(engine);
}

function isAbandoned(name: string): boolean {
  const pid = writerOf(name);
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}

function strangers(dirs: Dirs): Damage[] {
  const inData = strangersIn(dirs.data, knownEntries.data).filter(({ object }) => writerOf(object) === undefined);
  const inLayers = namesIn(layersDir(dirs)).flatMap((name) => (/^[0-9a-f]{64}$/.test(name) ? strangersIn(layerDir(dirs, name), ["diff", "split", "record.json", "replaced"]) : [{ kind: "foreign" as const, object: join(layersDir(dirs), name), reason: "cala did not put it there" }]));
  return [...inData, ...inLayers, ...strangeNames(dirs), ...strangeMarks(dirs)];
}

async function damagedLayers(engine: Engine, request: CheckRequest): Promise<{ readonly damages: readonly Damage[]; readonly diffIds: readonly Digest[] }> {
  const diffIds = storedLayers(engine.dirs);
  const damages: Damage[] = [];
  await inParallel(diffIds, layersAtOnce, request.signal, async (diffId) => {
    const faults = await verifyLayer(engine, diffId, request.quick);
    damages.push(...faults.map((fault): Damage => ({ kind: "layer", object: diffId, reason: fault.reason, mendable: fault.kind === "tree" })));
  });
  return { damages, diffIds };
}

function isOlder(dirs: Dirs, diffId: Digest, ageMs: number): boolean {
  const status = lstatSync(layerDir(dirs, diffId.slice("sha256:".length)), { throwIfNoEntry: false });
  return status !== undefined && hasLayer(dirs, diffId) && clock.nowMs() - status.ctimeMs > ageMs;
}

/** A missing layer of several images is one damage. */
function once(damages: readonly Damage[]): Damage[] {
  return [...new Map(damages.map((damage) => [`${damage.kind} ${damage.object} ${damage.reason}`, damage])).values()];
}

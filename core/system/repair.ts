/** `system check --repair`: damaged layers and documents come from where their image came from; what cannot come back is removed. */
import { renameSync, rmSync } from "node:fs";
import { CalaError, messageOf } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import { removeDamaged } from "../container/damaged.ts";
import { removeContainer } from "../container/remove.ts";
import { listRecords, reserveName } from "../container/store.ts";
import { isAlive, viewOf } from "../container/view.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { blobFile, imageFile } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { collectAfter } from "../image/collect.ts";
import { deleteImage, deleteTag, listTags } from "../image/image-store.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import { assembleLayer } from "../layer/assemble.ts";
import { applyLayer } from "../layer/apply.ts";
import { layerHome } from "../layer/record.ts";
import { moveToTrash } from "../layer/staging.ts";
import { digestHex, parseDigest, type Digest } from "../oci/digest.ts";
import { withStore } from "../storage/with-store.ts";
import { remakeVolumeRecord } from "../volume/create.ts";
import { repairArtifact } from "./check-artifacts.ts";
import type { Damage } from "./damage.ts";
import { affectedImages, fetchAgain, isFinal, type AffectedImage, type Broken } from "./fetch-again.ts";

/** How far a repair goes. */
export interface RepairRequest {
  /** Containers that need what cannot be mended are removed, too. */
  readonly force: boolean;
  readonly signal?: AbortSignal;
}

/** What became of one damage, or one image. */
export interface RepairStep {
  readonly outcome: "mended" | "removed" | "kept";
  /** A sentence: `layer sha256:… was fetched again from …`. */
  readonly text: string;
}

/** Mends what a check found. @returns what was done, in order; `kept` is what is still damaged */
export async function repairStore(engine: Engine, damages: readonly Damage[], request: RepairRequest): Promise<RepairStep[]> {
  const of = (kind: Damage["kind"]): readonly Damage[] => damages.filter((damage) => damage.kind === kind);
  const steps: RepairStep[] = [];
  for (const damage of [...of("format"), ...of("foreign")]) steps.push({ outcome: "kept", text: `"${damage.object}": ${damage.reason}; remove or move it yourself` });
  for (const damage of new Map([...of("artifact"), ...of("list")].map((each) => [each.object, each])).values()) steps.push(await repairNamed(engine, damage, request));
  for (const damage of of("container")) steps.push(await repairContainer(engine, damage, request));
  for (const { object } of of("volume")) {
    remakeVolumeRecord(engine.dirs, object);
    steps.push({ outcome: "mended", text: `volume "${object}" has a new record; its labels and options are lost` });
  }
  const lost = await mendTrees(engine, of("layer"), steps);
  const documents = of("document").map(({ object }) => parseDigest(object));
  steps.push(...await mendImages(engine, { layers: lost, documents, images: of("image").map(({ object }) => object) }, request));
  steps.push(...await dropRest(engine, documents, of("name")));
  return steps;
}

/** An artifact is fetched again. A record that cannot be read, of an artifact or a manifest list, is nobody's any more. */
async function repairNamed(engine: Engine, { kind, object, reason }: Damage, request: RepairRequest): Promise<RepairStep> {
  const what = kind === "list" ? "manifest list" : "artifact";
  if (object.startsWith("/")) {
    rmSync(object, { force: true });
    return { outcome: "removed", text: `a damaged record of ${kind === "list" ? "a manifest list" : "an artifact"}: its name is lost` };
  }
  if (kind === "list") return { outcome: "kept", text: `${what} "${object}": ${reason}; add the artifact again, or cala manifest rm ${object}` };
  try {
    return { outcome: "mended", text: await repairArtifact(engine, object, request.signal) };
  } catch (error) {
    request.signal?.throwIfAborted();
    return { outcome: "kept", text: `${what} "${object}": ${reason}, and it cannot be fetched again: ${messageOf(error)}; cala artifact rm removes it` };
  }
}

/** One image after the other: what is shared with one that was mended is sound again. */
async function mendImages(engine: Engine, broken: Broken, request: RepairRequest): Promise<RepairStep[]> {
  const steps: RepairStep[] = [];
  const done = new Set<string>();
  for (;;) {
    const image = affectedImages(engine.dirs, broken).find(({ id }) => !done.has(id));
    if (image === undefined) return steps;
    done.add(image.id);
    const step = await repairImage(engine, image, request);
    steps.push(step);
    if (step.outcome !== "mended") continue;
    const isLeft = (digest: Digest): boolean => !image.layers.includes(digest) && !image.documents.includes(digest);
    broken = { layers: broken.layers.filter(isLeft), documents: broken.documents.filter(isLeft), images: broken.images.filter((id) => id !== image.id) };
  }
}

async function repairContainer(engine: Engine, { object, reason }: Damage, request: RepairRequest): Promise<RepairStep> {
  const record = listRecords(engine.dirs, () => undefined).find(({ id }) => id === object);
  if (record !== undefined) {
    const named = reserveName(engine.dirs, record.name, record.id);
    return { outcome: named ? "mended" : "kept", text: named ? `container "${record.name}" has its name again` : `container ${shortId(object)}: ${reason}` };
  }
  if (!request.force) return { outcome: "kept", text: `container ${shortId(object)}: ${reason}; --force removes it` };
  await removeDamaged(engine, object);
  return { outcome: "removed", text: `container ${shortId(object)}: its record was damaged` };
}

/** Layers of which only the tree is wrong are unpacked again from their own tar. @returns the layers that cannot be mended so */
async function mendTrees(engine: Engine, damages: readonly Damage[], steps: RepairStep[]): Promise<Digest[]> {
  const lost: Digest[] = [];
  for (const diffId of new Set(damages.map(({ object }) => parseDigest(object)))) {
    const own = damages.filter(({ object }) => object === diffId);
    if (!own.every(({ mendable }) => mendable === true)) lost.push(diffId);
    else if (isBelowRunning(engine.dirs, [diffId])) steps.push(inUse(`layer ${short(diffId)}`));
    else steps.push(await unpackAgain(engine, diffId));
  }
  return lost;
}

async function unpackAgain(engine: Engine, diffId: Digest): Promise<RepairStep> {
  return await withStore(engine.dirs, "exclusive", async () => {
    const home = layerHome(engine.dirs, diffId);
    const tar = assembleLayer(engine, diffId);
    // The directory moves under the reader's hands: it was opened, and what is read from it stays the same.
    await new Promise<void>((resolve, reject) => tar.once("readable", resolve).once("error", reject));
    const away = moveToTrash(engine.dirs, home);
    try {
      await applyLayer(engine, tar, { diffId, digest: diffId });
    } catch (error) {
      if (away !== undefined) renameSync(away, home);
      return { outcome: "kept", text: `layer ${short(diffId)} cannot be unpacked again: ${messageOf(error)}` };
    }
    await removeTrees(engine, away === undefined ? [] : [away]);
    return { outcome: "mended", text: `layer ${short(diffId)} was unpacked again from its own tar` };
  });
}

async function repairImage(engine: Engine, image: AffectedImage, request: RepairRequest): Promise<RepairStep> {
  if (isBelowRunning(engine.dirs, image.layers)) return inUse(`image ${image.title}`);
  const taken = takeAway(engine.dirs, image);
  try {
    const from = await fetchAgain(engine, image, request.signal);
    await removeTrees(engine, taken.map(({ away }) => away));
    return { outcome: "mended", text: `image ${image.title}: ${image.what} restored from ${from}` };
  } catch (error) {
    request.signal?.throwIfAborted();
    await putBack(engine, taken);
    if (!isFinal(error)) return { outcome: "kept", text: `image ${image.title} cannot be mended now: ${messageOf(error)}` };
    return await removeImage(engine, image, request, messageOf(error));
  }
}

/** What is damaged goes out of the way, to be put back when nothing better comes. */
function takeAway(dirs: Dirs, image: AffectedImage): { readonly path: string; readonly away: string }[] {
  const paths = [...image.layers.map((diffId) => layerHome(dirs, diffId)), ...image.documents.map((digest) => blobFile(dirs, digestHex(digest))), ...(image.record ? [imageFile(dirs, image.id)] : [])];
  return paths.flatMap((path) => {
    const away = moveToTrash(dirs, path);
    return away === undefined ? [] : [{ path, away }];
  });
}

async function putBack(engine: Engine, taken: readonly { readonly path: string; readonly away: string }[]): Promise<void> {
  for (const { path, away } of taken) {
    // Something of it may have come before the rest failed: that is sound.
    try {
      renameSync(away, path);
    } catch {
      await removeTrees(engine, [away]);
    }
  }
}

async function removeImage(engine: Engine, image: AffectedImage, request: RepairRequest, reason: string): Promise<RepairStep> {
  const users = listRecords(engine.dirs, () => undefined).filter((record) => record.imageId === image.id);
  if (users.length > 0 && !request.force) return { outcome: "kept", text: `image ${image.title} cannot be mended (${reason}), and ${users.length === 1 ? "container" : "containers"} ${users.map(({ name }) => name).join(", ")} need it; --force removes them, too` };
  for (const record of users) await removeContainer(engine, record, { force: true, volumes: true });
  await collectAfter(engine, async () => {
    for (const tag of listTags(engine.dirs).filter(({ imageId }) => imageId === image.id)) deleteTag(engine.dirs, tag.reference);
    deleteImage(engine.dirs, image.id);
    return await Promise.resolve();
  });
  return { outcome: "removed", text: `image ${image.title}${users.length === 0 ? "" : ` and ${users.map(({ name }) => name).join(", ")}`}: ${reason}` };
}

/** Documents that no image needs, and names that lead nowhere. */
async function dropRest(engine: Engine, documents: readonly Digest[], names: readonly Damage[]): Promise<RepairStep[]> {
  return await withStore(engine.dirs, "exclusive", async () => {
    const { damagedDocuments } = await import("./check-images.ts");
    const still = new Set(damagedDocuments(engine.dirs).map(({ object }) => object));
    const unneeded = documents.filter((digest) => still.has(digest) && affectedImages(engine.dirs, { layers: [], documents: [digest], images: [] }).length === 0);
    for (const digest of unneeded) rmSync(blobFile(engine.dirs, digestHex(digest)), { force: true });
    for (const { object } of names) {
      if (object.startsWith("/")) rmSync(object, { force: true });
      else deleteTag(engine.dirs, object);
    }
    return [
      ...unneeded.map((digest): RepairStep => ({ outcome: "removed", text: `document ${short(digest)}, which no image needs` })),
      ...names.map(({ object, reason }): RepairStep => ({ outcome: "removed", text: `name "${object}": ${reason}` })),
    ];
  });
}

function isBelowRunning(dirs: Dirs, diffIds: readonly Digest[]): boolean {
  return listRecords(dirs, () => undefined).some((record) => record.image.layers.some((layer) => diffIds.includes(parseDigest(layer))) && isAlive(viewOf(dirs, record)));
}

function inUse(what: string): RepairStep {
  return { outcome: "kept", text: `${what} is in use by a running container: stop it first` };
}

const short = (digest: Digest): string => `sha256:${digestHex(digest).slice(0, 12)}`;

/** The error for what a repair has left. */
export function leftDamaged(count: number): CalaError {
  return new CalaError("store-damaged", count === 1 ? "one thing in the store is damaged" : `${count} things in the store are damaged`, { hint: "cala system check --repair", exitCode: 1 });
}

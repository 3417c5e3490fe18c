/** `rmi`: names first, the image with its last name. */
import { CalaError } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import type { ImageEngine } from "./engine.ts";
import { imageEvent } from "./events.ts";
import type { ImageRecord } from "./image-record.ts";
import { deleteImage, deleteTag, isReadOnly, readTag, listNamedImages, readImage, tagsOf } from "./image-store.ts";
import { collectArtifactBlobs } from "./artifact-store.ts";
import { allLists, listId, removeList } from "./manifest-list.ts";
import { imagesMountedAnywhere } from "./mount.ts";
import { childrenOf, findImage } from "./resolve.ts";
import { rememberNames } from "./tag.ts";
import { imageUsers, type ImageUser } from "./usage.ts";

/** How far a removal goes. */
export interface RemoveOptions {
  /** Removes all names of an image given by id. */
  readonly force: boolean;
  /** Keeps nameless parents that nothing needs any more. */
  readonly noPrune: boolean;
}

/** What a removal took. */
export interface RemoveReport {
  readonly untagged: readonly string[];
  /** Full ids. */
  readonly deleted: readonly string[];
}

/** The containers in the way of a removal; none where only one of several names would go, or there is no such image. */
export async function usersInTheWay(engine: ImageEngine, name: string): Promise<readonly ImageUser[]> {
  const found = await findImage(engine, name);
  if (found === undefined || (found.reference !== undefined && tagsOf(engine.dirs, found.image.id).length > 1)) return [];
  return imageUsers(engine.dirs).get(found.image.id) ?? [];
}

/**
 * Removes one image, or the one name by which it was given when it has others. Layers stay until they are collected (`collectAfter`,
 * which this is called in).
 * @throws CalaError `image-unknown`, `image-in-use`, `image-has-names`
 */
export async function removeImage(engine: ImageEngine, name: string, options: RemoveOptions): Promise<RemoveReport> {
  const found = await findImage(engine, name);
  if (found === undefined) return forgetList(engine, name);
  const names = tagsOf(engine.dirs, found.image.id).map((tag) => tag.reference);
  if (found.reference !== undefined && names.length > 1 && names.includes(found.reference)) {
    deleteTag(engine.dirs, found.reference);
    if (readTag(engine.dirs, found.reference) !== undefined) throw new CalaError("image-read-only", `the name "${found.reference}" is in a further store, which is only read`, { exitCode: 2 });
    imageEvent(engine, "untag", found.image.id, found.reference);
    rememberNames(engine, found.image, [found.reference]);
    return { untagged: [found.reference], deleted: [] };
  }
  if (names.length > 1 && !options.force) {
    throw new CalaError("image-has-names", `image "${name}" has several names: ${names.join(", ")}`, { hint: `to remove all of them: cala rmi --force ${name}`, exitCode: 2 });
  }
  return removeWhole(engine, found.image, names, options);
}

/** A manifest list can be removed like an image; what is in it stays. */
function forgetList(engine: ImageEngine, name: string): RemoveReport {
  const list = removeList(engine.dirs, name);
  if (list === undefined) throw new CalaError("image-unknown", `there is no image "${name}" here`, { exitCode: 1 });
  collectArtifactBlobs(engine.dirs);
  return { untagged: [list.reference], deleted: [listId(list)] };
}

function removeWhole(engine: ImageEngine, image: ImageRecord, names: readonly string[], options: RemoveOptions): RemoveReport {
  if (isReadOnly(engine.dirs, image.id)) throw new CalaError("image-read-only", `image "${shortId(image.id)}" is in a further store (${(engine.dirs.imageStores ?? []).join(", ")}), which is only read`, { exitCode: 2 });
  const users = imageUsers(engine.dirs).get(image.id) ?? [];
  if (users.length > 0) throw inUse(image, users);
  if (imagesMountedAnywhere(engine.dirs).has(image.id)) throw new CalaError("image-in-use", `image "${shortId(image.id)}" is mounted`, { hint: `there: cala image unmount ${shortId(image.id)}`, exitCode: 2 });
  for (const reference of names) deleteTag(engine.dirs, reference);
  deleteImage(engine.dirs, image.id);
  imageEvent(engine, "remove", image.id, names[0] ?? image.id);
  const parents = options.noPrune ? [] : removeParents(engine, image);
  return { untagged: names, deleted: [image.id, ...parents] };
}

function inUse(image: ImageRecord, users: readonly ImageUser[]): CalaError {
  const list = users.map((user) => (user.name === "" ? shortId(user.id) : user.name)).join(", ");
  return new CalaError("image-in-use", `image "${shortId(image.id)}" is in use by ${users.length === 1 ? "container" : "containers"} ${list}`, { hint: `cala rm ${users[0]?.name ?? ""}, or cala rmi --force`, exitCode: 2 });
}

/** Nameless parents that no other image or container needs go too. */
function removeParents(engine: ImageEngine, image: ImageRecord): string[] {
  const removed: string[] = [];
  for (let id = image.parentId; id !== undefined; ) {
    const parent = readImage(engine.dirs, id);
    if (parent === undefined || tagsOf(engine.dirs, id).length > 0 || childrenOf(engine.dirs, parent).length > 0 || imageUsers(engine.dirs).has(id) || imagesMountedAnywhere(engine.dirs).has(id)) break;
    deleteImage(engine.dirs, id);
    removed.push(id);
    id = parent.parentId;
  }
  return removed;
}

/** The ids of all images and manifest lists, those without children first, so that `rmi --all` meets no child. */
export function allImageIds(engine: ImageEngine): string[] {
  const lists = allLists(engine.dirs).map(listId);
  const images = listNamedImages(engine.dirs).sort((a, b) => b.image.layers.length - a.image.layers.length).map(({ image }) => image.id);
  return [...lists, ...images];
}

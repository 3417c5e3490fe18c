/** From what a user types to an image: full id, name, digest, short name, id prefix. The same with and without a terminal. */
import { CalaError } from "../base/error.ts";
import { isIdPrefix } from "../base/id.ts";
import { loadRegistriesConfig, type RegistriesConfig } from "../config/registries-conf.ts";
import type { Dirs, Environment } from "../dirs/dirs.ts";
import { formatReference, parseReference, repositoryOf, splitName, withDefaults, type NameParts, type Reference } from "../oci/reference.ts";
import type { ImageRecord } from "./image-record.ts";
import { imageIds, listImages, listTags, readImage, readTag } from "./image-store.ts";

/** An image and the name it was found under; no name when it was found by its id. */
export interface ResolvedImage {
  readonly image: ImageRecord;
  /** Full reference, as in a tag record. */
  readonly reference?: string;
}

/** Where to look: the store, and the environment that says where registries.conf is. */
export interface ResolvePlace {
  readonly dirs: Dirs;
  readonly env: Environment;
}

/**
 * The full references that a name may mean, in the order in which they are tried: the name itself when it names a registry;
 * else its alias alone; else `localhost/` (local images only) and the search registries.
 */
export function candidates(parts: NameParts, config: RegistriesConfig, local: boolean): Reference[] {
  if (parts.domain !== undefined) return [withDefaults(parts, parts.domain)];
  const alias = config.aliases.get(parts.path);
  const own = local ? [withDefaults(parts, "localhost")] : [];
  if (alias !== undefined) {
    const target = splitName(alias);
    return [...own, withDefaults({ ...parts, path: target.path, ...(target.domain === undefined ? {} : { domain: target.domain }) }, "docker.io")];
  }
  const registries = config.searchRegistries.map((registry) => withDefaults(parts, registry));
  // Images tagged by name alone in the past and those pulled from Docker Hub by full name are found by their short name too.
  return [...own, ...registries, ...(local && !config.searchRegistries.includes("docker.io") ? [withDefaults(parts, "docker.io")] : [])];
}

/** The image, or undefined. @throws CalaError `image-ambiguous`, `reference-invalid`, `config-invalid` */
export async function findImage(place: ResolvePlace, name: string): Promise<ResolvedImage | undefined> {
  const bare = name.startsWith("sha256:") ? name.slice("sha256:".length) : name;
  if (/^[0-9a-f]{64}$/.test(bare)) {
    const image = readImage(place.dirs, bare);
    return image === undefined ? undefined : { image };
  }
  if (name.startsWith("sha256:")) return isIdPrefix(bare) ? byIdPrefix(place.dirs, bare, name) : undefined;
  const named = isPossibleName(name) ? await byName(place, splitName(name)) : undefined;
  if (named !== undefined) return named;
  const byId = isIdPrefix(name) ? byIdPrefix(place.dirs, name, name) : undefined;
  if (byId !== undefined) return byId;
  if (!isPossibleName(name)) parseReference(name);
  return undefined;
}

function isPossibleName(name: string): boolean {
  try {
    splitName(name);
    return true;
  } catch {
    return false;
  }
}

async function byName(place: ResolvePlace, parts: NameParts): Promise<ResolvedImage | undefined> {
  // A full name needs no configuration, and reading it costs milliseconds.
  const config = parts.domain === undefined ? await loadRegistriesConfig(place.env) : { searchRegistries: [], aliases: new Map(), rules: [], credentialHelpers: [] };
  for (const reference of candidates(parts, config, true)) {
    const found = byReference(place.dirs, reference);
    if (found !== undefined) return found;
  }
  return byPathEnd(place.dirs, parts);
}

function byReference(dirs: Dirs, reference: Reference): ResolvedImage | undefined {
  const text = formatReference(reference);
  const tag = readTag(dirs, text);
  const image = tag === undefined ? undefined : readImage(dirs, tag.imageId);
  if (image !== undefined) return { image, reference: text };
  return reference.digest === undefined ? undefined : byDigest(dirs, reference);
}

/** `repo[:tag]@digest`: any image of that repository which was fetched under the digest. */
function byDigest(dirs: Dirs, reference: Reference): ResolvedImage | undefined {
  const repository = repositoryOf(reference);
  for (const tag of listTags(dirs)) {
    if (repositoryOf(parseReference(tag.reference)) !== repository) continue;
    const image = readImage(dirs, tag.imageId);
    if (image === undefined) continue;
    if (tag.digest === reference.digest || image.digests.some((digest) => digest === reference.digest)) return { image, reference: tag.reference };
  }
  return undefined;
}

/** A short name fits a local image of any registry whose path ends with it, when there is just one: `ubi8` → `quay.io/ubi8:latest`. */
function byPathEnd(dirs: Dirs, parts: NameParts): ResolvedImage | undefined {
  if (parts.domain !== undefined) return undefined;
  const wanted = withDefaults(parts, "localhost");
  const fitting = listTags(dirs).filter((tag) => {
    const have = parseReference(tag.reference);
    return have.tag === wanted.tag && have.digest === wanted.digest && (have.path === parts.path || have.path.endsWith(`/${parts.path}`));
  });
  const [first] = fitting;
  if (first === undefined) return undefined;
  if (new Set(fitting.map((tag) => tag.imageId)).size > 1) {
    throw new CalaError("image-ambiguous", `image name "${parts.path}" fits several images: ${fitting.map((tag) => tag.reference).join(", ")}`, { hint: "use one of the full names" });
  }
  const image = readImage(dirs, first.imageId);
  return image === undefined ? undefined : { image, reference: first.reference };
}

function byIdPrefix(dirs: Dirs, prefix: string, typed: string): ResolvedImage | undefined {
  const ids = imageIds(dirs).filter((id) => id.startsWith(prefix));
  if (ids.length > 1) throw new CalaError("image-ambiguous", `image id "${typed}" fits ${ids.length} images`, { hint: "type more of the id" });
  const image = ids[0] === undefined ? undefined : readImage(dirs, ids[0]);
  return image === undefined ? undefined : { image };
}

/** The image. @throws CalaError `image-unknown`, `image-ambiguous`, `reference-invalid` */
export async function requireImage(place: ResolvePlace, name: string): Promise<ResolvedImage> {
  const found = await findImage(place, name);
  if (found !== undefined) return found;
  throw new CalaError("image-unknown", `there is no image "${name}" here`, isPossibleName(name) ? { hint: `cala pull ${name}` } : {});
}

/** The children of an image among others: those made from it, and those whose layers begin with all of its own. */
export function childrenAmong(images: readonly ImageRecord[], image: ImageRecord): ImageRecord[] {
  const layers = image.layers.map((layer) => layer.diffId);
  const standsOn = (other: ImageRecord): boolean => layers.length > 0 && other.layers.length > layers.length && layers.every((diffId, index) => other.layers[index]?.diffId === diffId);
  return images.filter((other) => other.id !== image.id && (other.parentId === image.id || standsOn(other)));
}

/** The children of an image among all images here. */
export function childrenOf(dirs: Dirs, image: ImageRecord): ImageRecord[] {
  return childrenAmong(listImages(dirs), image);
}

import { CalaError } from "../base/error.ts";
import { formatReference, parseReference, splitName, withDefaults } from "../oci/reference.ts";
import { withStore } from "../storage/with-store.ts";
import type { ImageEngine } from "./engine.ts";
import { imageEvent } from "./events.ts";
import type { ImageRecord } from "./image-record.ts";
import { deleteTag, isReadOnly, readTag, replaceImage, setTag, tagsOf } from "./image-store.ts";
import { requireImage } from "./resolve.ts";

/** The full reference that a new name stands for: short names are local ones. @throws CalaError `reference-invalid` */
export function newNameOf(text: string): string {
  const parts = splitName(text);
  if (parts.digest !== undefined) throw new CalaError("reference-invalid", `image name "${text}" has a digest, and names given here cannot have one`);
  return formatReference(withDefaults(parts, "localhost"));
}

/** Gives an image further names. @throws CalaError `image-unknown`, `reference-invalid` */
export async function tagImage(engine: ImageEngine, image: string, names: readonly string[]): Promise<void> {
  const references = names.map(newNameOf);
  // Shared: the image is not removed between the look and the name.
  await withStore(engine.dirs, "shared", async () => {
    const found = await requireImage(engine, image);
    const digest = (found.reference === undefined ? undefined : readTag(engine.dirs, found.reference)?.digest) ?? found.image.manifestDigest;
    for (const reference of references) {
      setTag(engine.dirs, { reference, imageId: found.image.id, digest });
      imageEvent(engine, "tag", found.image.id, reference);
    }
  });
}

/** Takes names (all of them when none is given) from an image. @returns the names it lost. @throws CalaError `tag-unknown`, `image-unknown` */
export async function untagImage(engine: ImageEngine, image: string, names: readonly string[]): Promise<string[]> {
  return await withStore(engine.dirs, "shared", async () => {
    const found = await requireImage(engine, image);
    const own = tagsOf(engine.dirs, found.image.id).map((tag) => tag.reference);
    if (isReadOnly(engine.dirs, found.image.id)) throw new CalaError("image-read-only", `image "${image}" is in a further store, which is only read`);
    const lost = names.length === 0 ? own : names.map((name) => ownName(name, own, image));
    for (const reference of lost) {
      deleteTag(engine.dirs, reference);
      imageEvent(engine, "untag", found.image.id, reference);
    }
    rememberNames(engine, found.image, lost);
    return lost;
  });
}

function ownName(name: string, own: readonly string[], image: string): string {
  const wanted = [formatReference(withDefaults(splitName(name), "localhost")), formatReference(parseReference(name))];
  const found = own.find((reference) => wanted.includes(reference));
  if (found === undefined) throw new CalaError("tag-unknown", `image "${image}" does not have the name "${name}"`);
  return found;
}

const mostFormerNames = 20;

/** Keeps lost names in the record, for `images --history`. */
export function rememberNames(engine: ImageEngine, image: ImageRecord, names: readonly string[]): void {
  if (names.length === 0 || isReadOnly(engine.dirs, image.id)) return;
  const formerNames = [...new Set([...(image.formerNames ?? []), ...names])].slice(-mostFormerNames);
  replaceImage(engine.dirs, { ...image, formerNames });
}

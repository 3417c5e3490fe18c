import { CalaError } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { chooseManifest, formatPlatform, hostPlatform, type PlatformWish } from "../oci/platform.ts";
import { formatReference, parseReference, pinned } from "../oci/reference.ts";
import { readImage } from "./image-store.ts";
import { findList } from "./manifest-list.ts";

/** What stands in a manifest list for a platform. */
export interface ListedImage {
  /** The list's own, full. */
  readonly listName: string;
  /** The image's id where it is here, else its name and digest in a registry. */
  readonly name: string;
}

/** The image of a list for a platform; undefined where no list has the name. @throws CalaError `platform-unknown`, `image-unknown` */
export function imageOfList(dirs: Dirs, name: string, platform: PlatformWish): ListedImage | undefined {
  const list = findList(dirs, name);
  if (list === undefined) return undefined;
  const chosen = chooseManifest(list.entries.map(({ descriptor }) => descriptor), platform);
  const entry = list.entries.find(({ descriptor }) => descriptor === chosen);
  if (entry === undefined || "artifact" in entry.from) throw new CalaError("platform-unknown", `manifest list "${list.reference}" has no image for ${formatPlatform({ ...hostPlatform(), ...platform })}`, { hint: `cala manifest inspect ${list.reference}` });
  if ("reference" in entry.from) return { listName: list.reference, name: formatReference(pinned(parseReference(entry.from.reference), entry.descriptor.digest)) };
  const { imageId } = entry.from;
  if (readImage(dirs, imageId) === undefined) throw new CalaError("image-unknown", `image "${imageId.slice(0, 12)}" of the manifest list "${list.reference}" is no longer here`, { hint: `cala manifest remove ${list.reference} ${entry.descriptor.digest}` });
  return { listName: list.reference, name: imageId };
}

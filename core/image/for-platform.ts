import { CalaError } from "../base/error.ts";
import { acceptablePlatforms, formatPlatform, hostPlatform, type PlatformWish } from "../oci/platform.ts";
import type { ImageRecord } from "./image-record.ts";
import { findImage, requireImage, type ResolvePlace } from "./resolve.ts";

/** Whether an image is what a wish asks for; none asks for anything. */
export function fitsPlatform(image: ImageRecord, wish: PlatformWish | undefined): boolean {
  if (wish === undefined || (wish.os === undefined && wish.architecture === undefined && wish.variant === undefined)) return true;
  return acceptablePlatforms(wish).some((platform) => platform.os === image.os && platform.architecture === image.architecture && (wish.variant === undefined || (platform.variant ?? "") === (image.variant ?? "")));
}

/** Sees to it that images are for a platform: a name stands for one image here. @throws CalaError `platform-unknown`, `image-unknown` */
export async function requirePlatform(place: ResolvePlace, names: readonly string[], wish: PlatformWish, ignoreUnknown = false): Promise<void> {
  for (const name of names) {
    if (ignoreUnknown && (await findImage(place, name)) === undefined) continue;
    const { image } = await requireImage(place, name);
    if (fitsPlatform(image, wish)) continue;
    const wanted = formatPlatform({ ...hostPlatform(), ...wish });
    throw new CalaError("platform-unknown", `image "${name}" here is for ${formatPlatform(image)}, not for ${wanted}`, { hint: `cala pull --platform ${wanted} ${name}` });
  }
}

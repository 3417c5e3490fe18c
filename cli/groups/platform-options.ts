import { CalaError } from "../../core/base/error.ts";
import type { ResolvePlace } from "../../core/image/resolve.ts";
import { normalArchitecture, parsePlatform, type PlatformWish } from "../../core/oci/platform.ts";
import { value } from "../option.ts";

/** For commands on an image that is here: a name stands for one. */
export const onlyPlatform = value("--platform", "OS/ARCH[/VARIANT]", "Only if the image is for this platform");

/** Ends a command whose images are for another platform than it was asked for. @throws CalaError `platform-unknown`, `image-unknown` */
export async function checkPlatform(engine: ResolvePlace, names: readonly string[], platform: string | undefined, ignoreUnknown = false): Promise<void> {
  if (platform !== undefined) await (await import("../../core/image/for-platform.ts")).requirePlatform(engine, names, parsePlatform(platform), ignoreUnknown);
}

/** What --platform or --os, --arch and --variant ask for. @throws CalaError `arguments-conflict`, `platform-invalid` */
export function platformOf(values: { readonly platform?: string | undefined; readonly os?: string | undefined; readonly arch?: string | undefined; readonly variant?: string | undefined }): PlatformWish {
  const { platform, os, arch, variant } = values;
  if (platform !== undefined && (os ?? arch) !== undefined) throw new CalaError("arguments-conflict", "--platform cannot be given with --os or --arch");
  if (platform !== undefined) return { ...parsePlatform(platform), ...(variant === undefined ? {} : { variant }) };
  return { ...(os === undefined ? {} : { os }), ...(arch === undefined ? {} : { architecture: normalArchitecture(arch) }), ...(variant === undefined ? {} : { variant }) };
}

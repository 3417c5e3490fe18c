import { CalaError } from "../../core/base/error.ts";
import { normalArchitecture, parsePlatform, type PlatformWish } from "../../core/oci/platform.ts";

/** What --platform or --os, --arch and --variant ask for. @throws CalaError `arguments-conflict`, `platform-invalid` */
export function platformOf(values: { readonly platform?: string | undefined; readonly os?: string | undefined; readonly arch?: string | undefined; readonly variant?: string | undefined }): PlatformWish {
  const { platform, os, arch, variant } = values;
  if (platform !== undefined && (os ?? arch) !== undefined) throw new CalaError("arguments-conflict", "--platform cannot be given with --os or --arch");
  if (platform !== undefined) return { ...parsePlatform(platform), ...(variant === undefined ? {} : { variant }) };
  return { ...(os === undefined ? {} : { os }), ...(arch === undefined ? {} : { architecture: normalArchitecture(arch) }), ...(variant === undefined ? {} : { variant }) };
}

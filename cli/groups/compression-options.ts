import { CalaError } from "../../core/base/error.ts";
import type { Compression } from "../../core/oci/media-types.ts";
import { value, wholeNumber, type OptionValues } from "../option.ts";

/** How layers are packed that a push sends. */
export const compressionOptions = {
  compressionFormat: value("--compression-format", "FORMAT", "How layers are compressed", { initial: "gzip", choices: ["gzip", "zstd", "zstd:chunked"] }),
  compressionLevel: value("--compression-level", "LEVEL", "The compression format's level", { parse: wholeNumber(0, 22) }),
} as const;

const largestGzipLevel = 9;

/** What these options say, for a push. @throws CalaError `option-value-invalid` */
export function compressionOf(values: OptionValues<typeof compressionOptions>): { readonly compression: Exclude<Compression, "none">; readonly compressionLevel?: number } {
  const { compressionFormat, compressionLevel } = values;
  const compression = compressionFormat === "gzip" ? "gzip" : "zstd";
  if (compressionLevel === undefined) return { compression };
  if (compression === "gzip" && compressionLevel > largestGzipLevel) {
    throw new CalaError("option-value-invalid", `invalid value "${compressionLevel}" for --compression-level: gzip knows 0 to ${largestGzipLevel}`);
  }
  return { compression, compressionLevel };
}

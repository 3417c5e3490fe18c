import { CalaError } from "../../core/base/error.ts";
import type { Annotation } from "../../core/image/manifest-edit.ts";
import { list, splitCommas, value, type OptionValues } from "../option.ts";

/** What is said of an image in a manifest list: shared by add and annotate. */
export const entryOptions = {
  annotation: list("--annotation", "NAME=VALUE", "Annotation of the image in the list"),
  arch: value("--arch", "ARCH", "Architecture that the image is for"),
  features: list("--features", "FEATURE", "Processor features that the image needs"),
  os: value("--os", "OS", "Operating system that the image is for"),
  osVersion: value("--os-version", "VERSION", "Version of the operating system"),
  variant: value("--variant", "VARIANT", "Variant of the architecture"),
} as const;

/** These options as data. @throws CalaError `option-value-invalid` */
export function annotationOf(values: OptionValues<typeof entryOptions> & { readonly osFeatures?: readonly string[] }): Annotation {
  const { annotation, arch, features, os, osVersion, variant, osFeatures = [] } = values;
  return {
    annotations: pairsOf(annotation), features: features.flatMap(splitCommas), osFeatures: osFeatures.flatMap(splitCommas),
    ...(arch === undefined ? {} : { architecture: arch }), ...(os === undefined ? {} : { os }), ...(osVersion === undefined ? {} : { osVersion }), ...(variant === undefined ? {} : { variant }),
  };
}

/** `NAME=VALUE` words as a record. @throws CalaError `option-value-invalid` */
export function pairsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.map((word) => {
    const at = word.indexOf("=");
    if (at < 1) throw new CalaError("option-value-invalid", `invalid value "${word}" for --annotation: it is not NAME=VALUE`);
    return [word.slice(0, at), word.slice(at + 1)];
  }));
}

/** skopeo's `dir:` form: manifest.json, blobs named by their hexadecimal digits, and a file `version`. */
import { digestHex } from "../../oci/digest.ts";
import type { Descriptor } from "../../oci/image-types.ts";
import { largestDocumentBytes } from "../../oci/validate.ts";
import { documentAnswer, useOnce, type ArchivedImage } from "./archived-image.ts";
import type { FileTree } from "./tree.ts";

/** Whether a tree is of this form. */
export function isDirImage(tree: FileTree): boolean {
  return tree.has("version") && tree.has("manifest.json");
}

/** The one image of such a directory; it has no name. */
export function dirImages(tree: FileTree): ArchivedImage[] {
  const blob = (descriptor: Descriptor): string => digestHex(descriptor.digest);
  return [{
    names: [],
    source: {
      name: tree.place,
      manifest: async (descriptor) => documentAnswer(await tree.read(descriptor === undefined ? "manifest.json" : `${blob(descriptor)}.manifest.json`, largestDocumentBytes), descriptor?.mediaType),
      config: async (descriptor) => await tree.read(blob(descriptor), largestDocumentBytes),
      layer: async (descriptor, hooks, use) => await useOnce(tree.open(blob(descriptor)), hooks, use),
    },
  }];
}

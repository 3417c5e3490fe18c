/** The layers that are stored, as one list. */
import type { Dirs } from "../dirs/dirs.ts";
import { layersDir } from "../dirs/paths.ts";
import { namesIn } from "../fs/list-names.ts";
import { readLayerRecord, type LayerRecord } from "../layer/record.ts";
import { isDigest, type Digest } from "../oci/digest.ts";

/** Diff ids of all stored layers, in no order. */
export function storedLayers(dirs: Dirs): Digest[] {
  return namesIn(layersDir(dirs)).map((hex) => `sha256:${hex}`).filter((diffId): diffId is Digest => isDigest(diffId));
}

/** Records of all stored layers; a layer whose record is damaged is left out. */
export function layerRecords(dirs: Dirs): LayerRecord[] {
  return storedLayers(dirs).flatMap((diffId) => {
    try {
      return readLayerRecord(dirs, diffId) ?? [];
    } catch {
      return [];
    }
  });
}

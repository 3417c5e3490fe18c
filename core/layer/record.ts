import { existsSync } from "node:fs";
import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { layerDir } from "../dirs/paths.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { digestHex, type Digest } from "../oci/digest.ts";

/** What is known of a stored layer; `layers/HEX/record.json`. */
export interface LayerRecord {
  readonly version: 1;
  readonly diffId: Digest;
  /** Of the uncompressed tar. */
  readonly sizeBytes: number;
  /** Of the files' contents. */
  readonly unpackedBytes: number;
  readonly entries: number;
  /** Device nodes that were left out: a user namespace may not make them. */
  readonly skippedDevices: number;
  /** Extended attributes that the file system or the kernel refused. */
  readonly skippedAttributes: number;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** The names inside a layer's directory. */
export const layerFiles = {
  diff: (dir: string): string => join(dir, "diff"),
  split: (dir: string): string => join(dir, "split"),
  record: (dir: string): string => join(dir, "record.json"),
};

/** The directory of one layer. */
export function layerHome(dirs: Dirs, diffId: Digest): string {
  return layerDir(dirs, digestHex(diffId));
}

/** Whether the layer is stored: its directory appears complete or not at all. */
export function hasLayer(dirs: Dirs, diffId: Digest): boolean {
  return existsSync(layerFiles.record(layerHome(dirs, diffId)));
}

/** The record of a layer, or undefined where there is no such layer. @throws CalaError `file-damaged` */
export function readLayerRecord(dirs: Dirs, diffId: Digest): LayerRecord | undefined {
  return readJsonIfThere<LayerRecord>(layerFiles.record(layerHome(dirs, diffId)));
}

/** The record of a layer that has to be there. @throws CalaError `layer-unknown` */
export function requireLayerRecord(dirs: Dirs, diffId: Digest): LayerRecord {
  const record = readLayerRecord(dirs, diffId);
  if (record === undefined) throw new CalaError("layer-unknown", `layer "${diffId}" is not in the store`, { hint: "pull the image again" });
  return record;
}

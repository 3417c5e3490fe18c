/** Joins image verbs to the layer store. The layer wing is loaded when a layer is stored or read, not before. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../engine.ts";
import { layerDir } from "../dirs/paths.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { digestHex } from "../oci/digest.ts";
import type { ImageEngine } from "./engine.ts";
import { bindLayers } from "./bind-layers.ts";
import type { LayerPort } from "./layer-port.ts";

/** The image side of an opened engine. */
export function imageEngine(engine: Engine): ImageEngine {
  const record = (hex: string): string => join(layerDir(engine.dirs, hex), "record.json");
  const layers: LayerPort = {
    has: (diffId) => existsSync(record(digestHex(diffId))),
    sizeBytes: (diffId) => readJsonIfThere<{ readonly sizeBytes?: number }>(record(digestHex(diffId)))?.sizeBytes,
    ...bindLayers(engine),
  };
  return { dirs: engine.dirs, env: engine.env, layers, notice: engine.notice };
}

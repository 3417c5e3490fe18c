import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import type { LayerPort } from "./layer-port.ts";

/** The parts of the layer store that touch files of other owners. */
export function bindLayers(_engine: Engine): Pick<LayerPort, "apply" | "open"> {
  const missing = (): Promise<never> => Promise.reject(new CalaError("layers-missing", "this build of cala cannot unpack layers yet"));
  return { apply: missing, open: missing };
}

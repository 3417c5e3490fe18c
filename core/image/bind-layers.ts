import type { Engine } from "../engine.ts";
import type { LayerPort } from "./layer-port.ts";

/** The parts of the layer store that touch files of other owners; loaded when they are needed. */
export function bindLayers(engine: Engine): Pick<LayerPort, "apply" | "open"> {
  return {
    apply: async (stream, expect) => {
      const { applyLayer } = await import("../layer/apply.ts");
      return await applyLayer(engine, stream, expect);
    },
    open: async (diffId) => {
      const { assembleLayer } = await import("../layer/assemble.ts");
      return assembleLayer(engine, diffId);
    },
  };
}

import type { Dirs, Environment } from "../dirs/dirs.ts";
import type { LayerPort } from "./layer-port.ts";

/** What image verbs work on: where things are and how layers are stored. */
export interface ImageEngine {
  readonly dirs: Dirs;
  readonly env: Environment;
  readonly layers: LayerPort;
  /** Told once to the user. */
  readonly notice: (text: string) => void;
}

/** A store of its own in a temporary directory, with layers in memory. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveDirs } from "../../../core/dirs/dirs.ts";
import type { ImageEngine } from "../../../core/image/engine.ts";
import { fakeLayers, type FakeLayers } from "./fake-layers.ts";

export interface ImageScratch {
  readonly directory: string;
  readonly engine: ImageEngine;
  readonly layers: FakeLayers;
  readonly notices: string[];
  remove(): void;
}

export function imageScratch(): ImageScratch {
  const directory = mkdtempSync(join(tmpdir(), "cala-image-"));
  const layers = fakeLayers();
  const notices: string[] = [];
  // A home of its own, so that nobody's configuration changes what the tests see.
  const env = { CALA_ROOT: join(directory, "root"), HOME: join(directory, "home"), XDG_CONFIG_HOME: join(directory, "config"), CONTAINERS_REGISTRIES_CONF: join(directory, "registries.conf"), REGISTRY_AUTH_FILE: join(directory, "auth.json") };
  return {
    directory, layers, notices,
    engine: { dirs: resolveDirs(env, join(directory, "root")), env, layers, notice: (text) => void notices.push(text) },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

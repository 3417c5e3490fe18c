import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { imageConfigText } from "../../e2e/harness/oci-layout.ts";
import { cacheFolder } from "../../e2e/harness/places.ts";
import { tarBytes } from "../../e2e/harness/tar.ts";
import type { Measurement } from "../measurement.ts";

const count = 500;

/** One archive of five hundred images, each with a config of its own on the same small layer. */
function archive(): string {
  const file = join(cacheFolder("bench"), `${count}-images.tar`);
  if (existsSync(file)) return file;
  const layer = tarBytes([{ name: "file", content: "content" }]);
  const hex = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
  const configs = Array.from({ length: count }, (_, index) => imageConfigText({ Labels: { number: String(index) } }, [`sha256:${hex(layer)}`]));
  const manifest = configs.map((config, index) => ({ Config: `${hex(config)}.json`, RepoTags: [`localhost/listed-${index}:latest`], Layers: ["layer.tar"] }));
  writeFileSync(file, tarBytes([{ name: "layer.tar", content: layer }, ...configs.map((content) => ({ name: `${hex(content)}.json`, content })), { name: "manifest.json", content: JSON.stringify(manifest) }]));
  return file;
}

export const listImages: Measurement = {
  name: "images", title: "`images` with 500 images", unit: "ms", budget: 1, rounds: 11, images: [], group: "images",
  prepare: (engine) => void engine.output("load", "-q", "-i", archive()),
  measure: (engine) => engine.time("images"),
};

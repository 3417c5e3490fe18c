/** `image inspect` in podman's shape (libpod's ImageData). */
import { layerDir } from "../dirs/paths.ts";
import { digestHex } from "../oci/digest.ts";
import type { ImageEngine } from "./engine.ts";
import type { ImageRecord } from "./image-record.ts";
import { readConfig, readManifest, tagsOf } from "./image-store.ts";
import { repoDigests, repoTags } from "./list.ts";
import { requireImage } from "./resolve.ts";

/** The document of one image. @throws CalaError `image-unknown` */
export async function inspectImage(engine: ImageEngine, name: string): Promise<Record<string, unknown>> {
  const { image } = await requireImage(engine, name);
  const config = readConfig(engine.dirs, image);
  const tags = tagsOf(engine.dirs, image.id);
  const history = config.history ?? [];
  return {
    Id: image.id,
    Digest: image.manifestDigest,
    RepoTags: repoTags(tags),
    RepoDigests: repoDigests({ image, tags }),
    Parent: image.parentId ?? "",
    Comment: config.comment ?? history.at(-1)?.comment ?? "",
    Created: image.createdAt,
    Config: config.config ?? {},
    Version: String((config as { readonly docker_version?: unknown }).docker_version ?? ""),
    Author: config.author ?? "",
    Architecture: image.architecture,
    Os: image.os,
    ...(image.variant === undefined ? {} : { Variant: image.variant }),
    Size: image.sizeBytes,
    VirtualSize: image.sizeBytes,
    GraphDriver: graphDriver(engine, image),
    RootFS: { Type: "layers", Layers: image.layers.map((layer) => layer.diffId) },
    Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
    Annotations: readManifest(engine.dirs, image).annotations ?? {},
    ManifestType: image.mediaType,
    User: config.config?.User ?? "",
    History: history,
    NamesHistory: [...repoTags(tags), ...(image.formerNames ?? [])],
    ...(config.config?.Healthcheck === undefined ? {} : { HealthCheck: config.config.Healthcheck }),
  };
}

function graphDriver(engine: ImageEngine, image: ImageRecord): object {
  const directories = image.layers.map((layer) => `${layerDir(engine.dirs, digestHex(layer.diffId))}/diff`).reverse();
  const [upper, ...lower] = directories;
  return { Name: "overlay", Data: { ...(lower.length === 0 ? {} : { LowerDir: lower.join(":") }), ...(upper === undefined ? {} : { UpperDir: upper }) } };
}

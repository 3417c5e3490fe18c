/** `image inspect` in podman's shape (libpod's ImageData). */
import type { Dirs } from "../dirs/dirs.ts";
import { layerDir } from "../dirs/paths.ts";
import { digestHex } from "../oci/digest.ts";
import type { ImageRecord } from "./image-record.ts";
import { readConfig, readManifest, tagsOf } from "./image-store.ts";
import { repoDigests, repoTags } from "./list.ts";

/** The document of one image. @throws CalaError `blob-missing`, `blob-damaged` */
export function inspectImage(place: { readonly dirs: Dirs }, image: ImageRecord): Record<string, unknown> {
  const { dirs } = place;
  const config = readConfig(dirs, image);
  const tags = tagsOf(dirs, image.id);
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
    GraphDriver: graphDriver(dirs, image),
    RootFS: { Type: "layers", Layers: image.layers.map((layer) => layer.diffId) },
    Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
    Annotations: readManifest(dirs, image).annotations ?? {},
    ManifestType: image.mediaType,
    User: config.config?.User ?? "",
    History: history,
    NamesHistory: [...repoTags(tags), ...(image.formerNames ?? [])],
    ...(config.config?.Healthcheck === undefined ? {} : { HealthCheck: config.config.Healthcheck }),
  };
}

function graphDriver(dirs: Dirs, image: ImageRecord): object {
  const directories = image.layers.map((layer) => `${layerDir(dirs, digestHex(layer.diffId))}/diff`).reverse();
  const [upper, ...lower] = directories;
  return { Name: "overlay", Data: { ...(lower.length === 0 ? {} : { LowerDir: lower.join(":") }), ...(upper === undefined ? {} : { UpperDir: upper }) } };
}

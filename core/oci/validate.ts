/** Untrusted documents (from registries and archives) become typed values here, or clear errors. */
import { CalaError } from "../base/error.ts";
import { isDigest, type Digest } from "./digest.ts";
import type { Descriptor, ImageConfig, Index, Manifest, Platform } from "./image-types.ts";
import { isIndexType, isManifestType, mediaTypes } from "./media-types.ts";

/** Largest manifest, index or config that is read: 4 MiB, as the distribution spec proposes for manifests. */
export const largestDocumentBytes = 4 * 2 ** 20;
/** Deepest nesting of objects and lists in a document. */
export const deepestNesting = 32;
const mostLayers = 512;
const mostManifests = 4096;
/** 1 TiB; anything above is a lie or an attack. */
const largestBlobBytes = 2 ** 40;

type Fields = Readonly<Record<string, unknown>>;

/** What a registry serves under a tag or digest. */
export type ManifestDocument = { readonly kind: "index"; readonly index: Index } | { readonly kind: "manifest"; readonly manifest: Manifest };

function invalid(what: string, reason: string): CalaError {
  return new CalaError("document-invalid", `${what} is not valid: ${reason}`);
}

/** Bytes as a JSON object of bounded size and depth. @throws CalaError `document-invalid` */
export function parseDocument(bytes: Uint8Array, what: string): Fields {
  if (bytes.length > largestDocumentBytes) throw invalid(what, `it has ${bytes.length} bytes, more than ${largestDocumentBytes}`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw invalid(what, "it is not JSON");
  }
  if (!isObject(value)) throw invalid(what, "it is not a JSON object");
  if (depthExceeds(value, deepestNesting)) throw invalid(what, `it is nested more than ${deepestNesting} levels deep`);
  return value;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function depthExceeds(value: unknown, allowed: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (allowed === 0) return true;
  return Object.values(value).some((child) => depthExceeds(child, allowed - 1));
}

/**
 * A manifest or index. `mediaType` is what the transport said (Content-Type or descriptor); the document's own field wins
 * unless the two name different kinds, which is an attack (CVE-2021-41190).
 * @throws CalaError `document-invalid`, `manifest-unsupported`
 */
export function parseManifest(bytes: Uint8Array, mediaType: string | undefined, what: string): ManifestDocument {
  const fields = parseDocument(bytes, what);
  if (fields["schemaVersion"] === 1) {
    throw new CalaError("manifest-unsupported", `${what} is in Docker's schema 1 format, which is obsolete and not supported`, { hint: "push the image again with a current tool" });
  }
  if (fields["schemaVersion"] !== 2) throw invalid(what, "its schemaVersion is not 2");
  if ("manifests" in fields && ("layers" in fields || "config" in fields)) throw invalid(what, "it is a manifest and an index at once");
  const type = typeOfDocument(fields, mediaType, what);
  if (isIndexType(type)) return { kind: "index", index: indexFrom(fields, type, what) };
  if (isManifestType(type)) return { kind: "manifest", manifest: manifestFrom(fields, type, what) };
  throw new CalaError("manifest-unsupported", `${what} has the media type "${type}", which is not an image`);
}

function typeOfDocument(fields: Fields, transportType: string | undefined, what: string): string {
  const own = fields["mediaType"];
  if (own !== undefined && typeof own !== "string") throw invalid(what, "its mediaType is not a string");
  const said = transportType?.split(";")[0]?.trim();
  const known = said !== undefined && (isIndexType(said) || isManifestType(said));
  if (own !== undefined && own !== "") {
    if (known && isIndexType(said) !== isIndexType(own)) throw invalid(what, `it says it is "${own}" and was served as "${said}"`);
    return own;
  }
  if (known) return said;
  return "manifests" in fields ? mediaTypes.ociIndex : mediaTypes.ociManifest;
}

function indexFrom(fields: Fields, mediaType: string, what: string): Index {
  const list = fields["manifests"];
  if (!Array.isArray(list)) throw invalid(what, "it has no list of manifests");
  if (list.length > mostManifests) throw invalid(what, `it lists ${list.length} manifests, more than ${mostManifests}`);
  return { schemaVersion: 2, mediaType, manifests: list.map((entry) => parseDescriptor(entry, what)), ...annotationsOf(fields) };
}

function manifestFrom(fields: Fields, mediaType: string, what: string): Manifest {
  const layers = fields["layers"] ?? [];
  if (!Array.isArray(layers)) throw invalid(what, "its layers are not a list");
  if (layers.length > mostLayers) throw invalid(what, `it has ${layers.length} layers, more than ${mostLayers}`);
  const artifactType = fields["artifactType"];
  return {
    schemaVersion: 2, mediaType,
    config: parseDescriptor(fields["config"], `${what}, config,`),
    layers: layers.map((entry) => parseDescriptor(entry, what)),
    ...(typeof artifactType === "string" ? { artifactType } : {}),
    ...annotationsOf(fields),
  };
}

/** One descriptor. @throws CalaError `document-invalid` */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  if (!isObject(value)) throw invalid(what, "a descriptor is missing");
  const { mediaType, digest, size, urls, platform } = value;
  if (typeof mediaType !== "string") throw invalid(what, "a descriptor has no mediaType");
  if (!isDigest(digest)) throw invalid(what, `a descriptor has the digest ${JSON.stringify(digest)?.slice(0, 120) ?? "none"}`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0 || size > largestBlobBytes) {
    throw invalid(what, `a descriptor has the size ${JSON.stringify(size) ?? "none"}`);
  }
  const artifactType = value["artifactType"];
  return {
    mediaType, digest, size,
    ...(Array.isArray(urls) ? { urls: urls.filter((url): url is string => typeof url === "string") } : {}),
    ...(isObject(platform) ? { platform: platformFrom(platform) } : {}),
    ...(typeof artifactType === "string" ? { artifactType } : {}),
    ...annotationsOf(value),
  };
}

function platformFrom(fields: Fields): Platform {
  const text = (key: string): string => (typeof fields[key] === "string" ? fields[key] : "");
  return {
    os: text("os"), architecture: text("architecture"),
    ...(text("variant") === "" ? {} : { variant: text("variant") }),
    ...(text("os.version") === "" ? {} : { "os.version": text("os.version") }),
  };
}

function annotationsOf(fields: Fields): { readonly annotations?: Readonly<Record<string, string>> } {
  const annotations = fields["annotations"];
  return isObject(annotations) ? { annotations: stringMap(annotations) } : {};
}

function stringMap(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** An image's config with the types that the rest of cala relies on. @throws CalaError `document-invalid` */
export function parseImageConfig(bytes: Uint8Array, what: string): ImageConfig {
  const fields = parseDocument(bytes, what);
  const rootfs = fields["rootfs"];
  const diffIds = isObject(rootfs) ? rootfs["diff_ids"] ?? [] : undefined;
  if (!Array.isArray(diffIds) || !diffIds.every((id): id is Digest => isDigest(id))) throw invalid(what, "its rootfs has no list of diff ids");
  const text = (key: string): string => (typeof fields[key] === "string" ? fields[key] : "");
  const history = fields["history"] ?? [];
  if (!Array.isArray(history) || !history.every(isObject)) throw invalid(what, "its history is not a list of objects");
  checkDefaults(fields["config"], what);
  return { ...fields, architecture: text("architecture"), os: text("os"), rootfs: { type: "layers", diff_ids: diffIds } };
}

const stringLists = ["Env", "Entrypoint", "Cmd", "OnBuild", "Shell"];
const strings = ["User", "WorkingDir", "StopSignal"];
const maps = ["ExposedPorts", "Volumes", "Labels"];

function checkDefaults(value: unknown, what: string): void {
  if (value === undefined || value === null) return;
  if (!isObject(value)) throw invalid(what, "its config is not an object");
  const present = (key: string): boolean => value[key] !== undefined && value[key] !== null;
  for (const key of stringLists.filter(present)) {
    const list = value[key];
    if (!Array.isArray(list) || !list.every((item) => typeof item === "string")) throw invalid(what, `its ${key} is not a list of strings`);
  }
  for (const key of strings.filter(present)) {
    if (typeof value[key] !== "string") throw invalid(what, `its ${key} is not a string`);
  }
  for (const key of maps.filter(present)) {
    if (!isObject(value[key])) throw invalid(what, `its ${key} is not an object`);
  }
}

/** Lists of images for several platforms in the making: `manifests/<sha256 of the name>.json`, until they are pushed. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { CalaError } from "../base/error.ts";
import { isIdPrefix } from "../base/id.ts";
import { sha256OfText } from "../base/sha256.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { manifestListsDir } from "../dirs/paths.ts";
import { namesIn } from "../fs/list-names.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { digestOf, type Digest } from "../oci/digest.ts";
import type { Descriptor, Index } from "../oci/image-types.ts";
import { mediaTypes } from "../oci/media-types.ts";
import { newNameOf } from "./tag.ts";

/** One image of a list and where it is to be had. */
export interface ListEntry {
  readonly descriptor: Descriptor;
  /** An image here, by its id; else a full reference in a registry; else an artifact's manifest, whose blobs are in `artifacts/`. */
  readonly from: { readonly imageId: string } | { readonly reference: string } | { readonly artifact: string };
}

/** A list under its name. */
export interface ManifestList {
  readonly version: 1;
  /** Full. */
  readonly reference: string;
  /** RFC 3339. */
  readonly createdAt?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly subject?: Descriptor;
  readonly entries: readonly ListEntry[];
}

function fileOf(dirs: Dirs, reference: string): string {
  return join(manifestListsDir(dirs), `${sha256OfText(reference)}.json`);
}

/** What a list is called where images have their ids: it stays the same whatever is added. */
export function listId(list: Pick<ManifestList, "reference">): string {
  return sha256OfText(list.reference);
}

/** The list of a name as typed, or of an id or its beginning; undefined where there is none. */
export function findList(dirs: Dirs, name: string): ManifestList | undefined {
  const named = isPossibleName(name) ? readJsonIfThere<ManifestList>(fileOf(dirs, newNameOf(name))) : undefined;
  if (named !== undefined) return named;
  const hex = name.replace(/^sha256:/, "");
  const fitting = isIdPrefix(hex) ? namesIn(manifestListsDir(dirs)).filter((file) => file.startsWith(hex) && file.endsWith(".json")) : [];
  return fitting.length === 1 ? readJsonIfThere<ManifestList>(join(manifestListsDir(dirs), fitting[0] ?? "")) : undefined;
}

function isPossibleName(name: string): boolean {
  try {
    newNameOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Ids of the images here that lists are made of. */
export function imagesOfLists(dirs: Dirs): Set<string> {
  return new Set(allLists(dirs).flatMap(({ entries }) => entries.flatMap(({ from }) => ("imageId" in from ? [from.imageId] : []))));
}

/** The list of a name. @throws CalaError `list-unknown` */
export function requireList(dirs: Dirs, name: string): ManifestList {
  const list = findList(dirs, name);
  if (list === undefined) throw new CalaError("list-unknown", `there is no manifest list "${name}" here`, { hint: `cala manifest create ${name}` });
  return list;
}

/** Every list, by name. */
export function allLists(dirs: Dirs): ManifestList[] {
  const lists = namesIn(manifestListsDir(dirs)).filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).flatMap((name) => readJsonIfThere<ManifestList>(join(manifestListsDir(dirs), name)) ?? []);
  return lists.sort((a, b) => (a.reference < b.reference ? -1 : 1));
}

/** Writes a list under its name. */
export function saveList(dirs: Dirs, list: ManifestList): void {
  writeJson(fileOf(dirs, list.reference), list, { durable: true });
}

/** Forgets a list; the images in it stay. The caller collects blobs of artifacts afterwards. @returns the list, if there was one */
export function removeList(dirs: Dirs, name: string): ManifestList | undefined {
  const list = findList(dirs, name);
  if (list !== undefined) rmSync(fileOf(dirs, list.reference), { force: true });
  return list;
}

/** The document that a list is, in the OCI form or Docker's. */
export function indexOf(list: ManifestList, format: "oci" | "docker" = "oci"): Index {
  return {
    schemaVersion: 2, mediaType: format === "oci" ? mediaTypes.ociIndex : mediaTypes.dockerIndex,
    manifests: list.entries.map(({ descriptor }) => (format === "oci" ? descriptor : withoutAnnotations(descriptor))),
    ...(list.annotations === undefined || format === "docker" ? {} : { annotations: list.annotations }),
    ...(list.subject === undefined || format === "docker" ? {} : { subject: list.subject }),
  };
}

function withoutAnnotations(descriptor: Descriptor): Descriptor {
  const { annotations: _annotations, ...rest } = descriptor;
  return rest;
}

/** The bytes of the document, and their digest. */
export function encodeList(list: ManifestList, format: "oci" | "docker" = "oci"): { readonly bytes: Buffer; readonly digest: Digest } {
  const bytes = Buffer.from(JSON.stringify(indexOf(list, format)));
  return { bytes, digest: digestOf(bytes) };
}

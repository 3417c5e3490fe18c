/** `image import-store`: images of podman's store, taken over with their exact digests. That store is only read. */
import { join } from "node:path";
import { enforceLocalPolicy, loadPolicy, scopesOfPath } from "../config/policy.ts";
import type { Environment } from "../dirs/dirs.ts";
import { parseReference } from "../oci/reference.ts";
import type { ImageEngine } from "./engine.ts";
import type { LoadedImage } from "./load.ts";
import type { OnProgress } from "./progress.ts";
import { storeImage } from "./store-image.ts";
import { tarFromSplit } from "./tar-split.ts";
import { containersStorageImages } from "./transports/containers-storage.ts";
import type { ArchivedImage } from "./transports/archived-image.ts";
import { CalaError, messageOf } from "../base/error.ts";

/** Which store, and what of it. */
export interface ImportStoreRequest {
  /** podman's default place unless given. */
  readonly path?: string;
  /** Names as podman has them, or their ends; all images when there is none. */
  readonly images: readonly string[];
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** What was taken over, and what could not be. */
export interface ImportedStore {
  readonly images: readonly LoadedImage[];
  /** Sentences. */
  readonly failures: readonly string[];
}

/** Takes images over; one that cannot be does not keep the others. @throws CalaError `store-unknown`, `store-unreadable`, `image-unknown` */
export async function importStore(engine: ImageEngine, request: ImportStoreRequest): Promise<ImportedStore> {
  const root = request.path ?? defaultStore(engine.env);
  enforceLocalPolicy(loadPolicy(engine.env), "containers-storage", scopesOfPath(root), root);
  const all = containersStorageImages(root, (splitFile, tree) => tarFromSplit(engine, splitFile, tree));
  const images: LoadedImage[] = [];
  const failures: string[] = [];
  for (const found of chosen(all, request.images, root)) {
    try {
      const names = found.names.filter(isName);
      const { image } = await storeImage(engine, found.source, {
        platform: {}, names,
        ...(request.onProgress === undefined ? {} : { onProgress: request.onProgress }), ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      images.push({ image, names });
    } catch (error) {
      request.signal?.throwIfAborted();
      failures.push(`image "${found.source.name}" was not taken over: ${messageOf(error)}`);
    }
  }
  return { images, failures };
}

function defaultStore(env: Environment): string {
  return join(env["XDG_DATA_HOME"] ?? join(env["HOME"] ?? "/", ".local/share"), "containers/storage");
}

function isName(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

function chosen(all: readonly ArchivedImage[], wanted: readonly string[], root: string): readonly ArchivedImage[] {
  if (wanted.length === 0) return all;
  return wanted.map((name) => {
    const fits = (full: string): boolean => [full, full.replace(/:latest$/, "")].some((text) => text === name || text.endsWith(`/${name}`));
    const found = all.find(({ names }) => names.some(fits));
    if (found === undefined) throw new CalaError("image-unknown", `there is no image "${name}" in "${root}"`);
    return found;
  });
}

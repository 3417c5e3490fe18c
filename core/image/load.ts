/** Images from archives and directories, in whichever of the field's forms they are. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { CalaError, reasonOf } from "../base/error.ts";
import { enforceLocalPolicy, loadPolicy, scopesOfPath } from "../config/policy.ts";
import type { PlatformWish } from "../oci/platform.ts";
import { formatReference, splitName, withDefaults } from "../oci/reference.ts";
import type { ImageEngine } from "./engine.ts";
import { imageEvent } from "./events.ts";
import type { ImageRecord } from "./image-record.ts";
import type { OnProgress } from "./progress.ts";
import { plainArchive } from "./spool.ts";
import { storeImage } from "./store-image.ts";
import type { ArchivedImage } from "./transports/archived-image.ts";
import { dirImages, isDirImage } from "./transports/dir.ts";
import { dockerArchiveImages, isDockerArchive } from "./transports/docker-archive.ts";
import { isOciLayout, ociLayoutImages } from "./transports/oci-layout.ts";
import { archiveTree, directoryTree, type FileTree } from "./transports/tree.ts";

/** Where images are and what they are called. */
export interface LoadRequest {
  /** A file, a directory, or a stream such as standard input. */
  readonly input: string | Readable;
  /** Which image of a layout, by its name there. */
  readonly select?: string;
  /** Further names for the image that is loaded. */
  readonly names?: readonly string[];
  /** Of images that are there for several. */
  readonly platform?: PlatformWish;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** An image out of an archive, stored. */
export interface LoadedImage {
  readonly image: ImageRecord;
  /** Full references that point at it now. */
  readonly names: readonly string[];
}

/** Every image of an archive. @throws CalaError `archive-unreadable`, `archive-invalid`, … */
export async function loadImages(engine: ImageEngine, request: LoadRequest): Promise<LoadedImage[]> {
  if (typeof request.input === "string" && isDirectory(request.input)) return await loadAll(engine, await imagesOf(engine, directoryTree(request.input), true, request.select), request);
  const archive = await plainArchive(engine.dirs, request.input, request.signal);
  try {
    const place = typeof request.input === "string" ? request.input : "standard input";
    return await loadAll(engine, await imagesOf(engine, archiveTree(archive.file, place), false, request.select), request);
  } finally {
    archive.release();
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new CalaError("archive-unreadable", `the archive "${path}" cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function imagesOf(engine: ImageEngine, tree: FileTree, isDirectory: boolean, select: string | undefined): Promise<ArchivedImage[]> {
  const allow = (transport: string): void => enforceLocalPolicy(loadPolicy(engine.env), transport, transport === "docker-archive" ? [] : scopesOfPath(resolve(tree.place), select), tree.place);
  if (isDirImage(tree)) {
    allow("dir");
    return dirImages(tree);
  }
  if (isDockerArchive(tree)) {
    allow("docker-archive");
    return await dockerArchiveImages(tree);
  }
  if (isOciLayout(tree)) {
    allow(isDirectory ? "oci" : "oci-archive");
    return await ociLayoutImages(tree, select);
  }
  throw new CalaError("archive-invalid", `"${tree.place}" is neither a docker nor an OCI image archive`, { hint: `to make an image of a file tree: cala import ${tree.place}` });
}

async function loadAll(engine: ImageEngine, images: readonly ArchivedImage[], request: LoadRequest): Promise<LoadedImage[]> {
  const loaded: LoadedImage[] = [];
  const extra = (request.names ?? []).map((name) => formatReference(withDefaults(splitName(name), "localhost")));
  for (const { source, names } of images) {
    const all = [...new Set([...names, ...extra])];
    const { image } = await storeImage(engine, source, {
      platform: request.platform ?? {}, names: all,
      ...(request.onProgress === undefined ? {} : { onProgress: request.onProgress }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    loaded.push({ image, names: all });
    imageEvent(engine, "loadfromarchive", image.id, all[0] ?? image.id);
  }
  return loaded;
}

import { rmSync, statSync } from "node:fs";
import { clock } from "../base/clock.ts";
import { namesIn } from "../fs/list-names.ts";
import { ensureDir, type Dirs } from "../dirs/dirs.ts";
import { blobFile, blobsDir, downloadsDir } from "../dirs/paths.ts";
import { isLeaseHeld } from "../lock/lease.ts";
import { digestHex } from "../oci/digest.ts";
import { listImages, listTags } from "./image-store.ts";
import { join } from "node:path";

/** Documents younger than this may belong to an image that is being stored by somebody without the lock. */
const settledMs = 60_000;

/** Removes manifests, indexes and configs that no image has and nobody pinned. The caller holds the store lock exclusively. */
export function collectBlobs(dirs: Dirs, pinned: ReadonlySet<string>): void {
  const used = new Set([...pinned].map((digest) => digest.replace(/^sha256:/, "")));
  for (const image of listImages(dirs)) for (const digest of [image.configDigest, image.manifestDigest, ...image.digests]) used.add(digestHex(digest));
  for (const tag of listTags(dirs)) used.add(digestHex(tag.digest));
  for (const name of namesIn(blobsDir(dirs))) {
    const temporary = !/^[0-9a-f]{64}$/.test(name);
    if (!used.has(name) && (!temporary || isSettled(blobFile(dirs, name)))) rmSync(blobFile(dirs, name), { force: true });
  }
}

function isSettled(path: string): boolean {
  try {
    return clock.nowMs() - statSync(path).mtimeMs > settledMs;
  } catch {
    return false;
  }
}

/** Removes unfinished downloads that nobody goes on with at the moment. @returns bytes freed */
export function discardDownloads(dirs: Dirs): number {
  let freed = 0;
  const directory = ensureDir(downloadsDir(dirs));
  for (const name of namesIn(directory).filter((entry) => entry.endsWith(".partial"))) {
    const path = join(directory, name);
    if (isLeaseHeld(path.replace(/\.partial$/, ""))) continue;
    freed += statSync(path).size;
    rmSync(path, { force: true });
  }
  return freed;
}

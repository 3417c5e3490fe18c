/** Reading a small file of an image before any container of it runs. */
import { lstatSync, readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import { isErrno } from "../base/error.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { hasXattr } from "../sys/getxattr.ts";
import type { Digest } from "../oci/digest.ts";
import { layerFiles, layerHome } from "./record.ts";

const mostBytes = 4 << 20;

/**
 * The text of `dir/name` in a stack of layers, lowest first; undefined where there is none, or what is there is not a plain file in a
 * plain directory (a link's way is not followed here).
 */
export function readStackedText(dirs: Dirs, layers: readonly Digest[], dir: string, name: string): string | undefined {
  for (const layer of [...layers].reverse()) {
    const parent = join(layerFiles.diff(layerHome(dirs, layer)), dir);
    const folder = statusOf(parent);
    if (folder === undefined) continue;
    if (!folder.isDirectory()) return undefined;
    const path = join(parent, name);
    const file = statusOf(path);
    if (file !== undefined) return file.isFile() && file.size < mostBytes ? readText(path) : undefined;
    if (unlessClosed(() => hasXattr(parent, "user.overlay.opaque")) !== false) return undefined;
  }
  return undefined;
}

/** The text of `dir/name`; undefined where that is not a plain file in a plain directory. */
export function readPlainText(dir: string, name: string): string | undefined {
  const path = join(dir, name);
  const file = statusOf(dir)?.isDirectory() === true ? statusOf(path) : undefined;
  return file?.isFile() === true && file.size < mostBytes ? readText(path) : undefined;
}

/** Whether some layer has this directory; one that a later layer takes away is not looked for. */
export function hasStackedDirectory(dirs: Dirs, layers: readonly Digest[], path: string): boolean {
  return layers.some((layer) => statusOf(join(layerFiles.diff(layerHome(dirs, layer)), path))?.isDirectory() === true);
}

function statusOf(path: string): Stats | undefined {
  return unlessClosed(() => lstatSync(path, { throwIfNoEntry: false }));
}

/** What lies in a directory that this user may not enter is as good as none. */
function unlessClosed<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isErrno(error, "EACCES")) return undefined;
    throw error;
  }
}

/** A file that this user may not read is as good as none. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

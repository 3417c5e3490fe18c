/** A volume's content as a tar, out and in. */
import { closeSync, openSync } from "node:fs";
import type { Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import { errorOfWords, spawnInNamespace } from "../idmap/spawn-in-namespace.ts";
import { plainArchive } from "../image/spool.ts";
import { tarOfChanges } from "../layer/diff.ts";
import { findVolume } from "../volume/record.ts";
import { locateVolume } from "../volume/resolve.ts";

/** Where a volume's content is on this host. @throws CalaError `volume-unknown`, `volume-without-place` */
export function volumePlace(engine: Engine, name: string): string {
  const volume = findVolume(engine.dirs, name);
  const { path } = locateVolume(engine.dirs, volume, false);
  if (path === undefined) throw new CalaError("volume-without-place", `the volume "${volume.name}" is a tmpfs: each container that runs has its own, and nobody else has one`, { hint: "cala cp CONTAINER:PATH -" });
  return path;
}

/** All files of a volume as a tar. @throws CalaError `volume-unknown`, `volume-without-place` */
export function exportVolume(engine: Engine, name: string): Readable {
  return tarOfChanges(engine, { above: [volumePlace(engine, name)], base: [] });
}

/** Unpacks a tar, packed or not, into a volume; what is there and not in the tar stays. @throws CalaError `volume-unknown`, `archive-…`, `path-not-written` */
export async function importVolume(engine: Engine, name: string, input: string | Readable, signal: AbortSignal): Promise<void> {
  const place = volumePlace(engine, name);
  const archive = await plainArchive(engine.dirs, input, signal);
  const file = openSync(archive.file, "r");
  try {
    const { child, ended, words } = spawnInNamespace(engine, ["cala-native", "copy-in", "host", place, "--into", "--keep-ids", "--overwrite"], file);
    child.stdout?.resume();
    if (await ended !== 0) throw errorOfWords(words(), "path-not-written", `cannot import into the volume "${name}"`);
  } finally {
    closeSync(file);
    archive.release();
  }
}

/**
 * Pins: what a running command needs although no record says so yet (a pull), or no longer (a push of an image that is being
 * removed). A pin is a file in the staging directory whose name says which process it belongs to, with one digest a line; it is
 * worth nothing once that process has ended. So long work holds no lock: collecting waits for nobody's download.
 */
import { appendFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Dirs } from "../dirs/dirs.ts";
import { stagingDir } from "../dirs/paths.ts";
import { namesIn } from "../fs/list-names.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { isMakerAlive, stagingPath } from "../layer/staging.ts";
import type { Digest } from "../oci/digest.ts";
import { withStore } from "./with-store.ts";

/** The pin of a piece of work. */
export interface Pin {
  /** Before anything of these digests is looked for or put into its place. */
  add(digests: readonly Digest[]): Promise<void>;
}

const kind = "pin";

/** Runs `work` while layers and documents with these digests (and what it adds) are not collected. The caller holds no lock. */
export async function withPin<T>(dirs: Dirs, digests: readonly Digest[], work: (pin: Pin) => Promise<T>): Promise<T> {
  const file = stagingPath(dirs, kind);
  // Shared: whoever collects holds the lock exclusively, so that it reads whole pins only, and none appears under its hands.
  const add = async (more: readonly Digest[]): Promise<void> => await withStore(dirs, "shared", () => appendFileSync(file, more.map((digest) => `${digest}\n`).join(""), { mode: 0o600 }));
  try {
    await add(digests);
    return await work({ add });
  } finally {
    rmSync(file, { force: true });
  }
}

/** Everything that running commands have pinned. The caller holds the store lock exclusively. */
export function pinnedDigests(dirs: Dirs): Set<string> {
  const names = namesIn(stagingDir(dirs)).filter((name) => name.startsWith(`${kind}-`) && isMakerAlive(name) === true);
  return new Set(names.flatMap((name) => (readTextIfThere(join(stagingDir(dirs), name)) ?? "").split("\n").filter((line) => line !== "")));
}

import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import type { Dirs } from "../../core/dirs/dirs.ts";
import { containerNamesDir, networksDir, secretsDir, tagsDir, volumesDir } from "../../core/dirs/paths.ts";

const sources: Readonly<Record<string, (dirs: Dirs) => string[]>> = {
  containers: (dirs) => entriesOf(containerNamesDir(dirs)),
  running: (dirs) => entriesOf(containerNamesDir(dirs)),
  stopped: (dirs) => entriesOf(containerNamesDir(dirs)),
  images: (dirs) => entriesOf(tagsDir(dirs)).flatMap((file) => imageNames(join(tagsDir(dirs), file))),
  secrets: (dirs) => entriesOf(secretsDir(dirs)),
  volumes: (dirs) => entriesOf(volumesDir(dirs)),
  networks: (dirs) => ["bridge", "host", "none", ...entriesOf(networksDir(dirs)).filter((name) => name !== "bridge")],
  signals: () => Object.keys(constants.signals).map((name) => name.replace(/^SIG/, "")),
};

/** Words that a shell may offer for a kind of thing; none for a kind or a store that does not exist. */
export function candidates(kind: string, dirs: Dirs): string[] {
  return (Object.hasOwn(sources, kind) ? sources[kind] : undefined)?.(dirs) ?? [];
}

function entriesOf(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => !name.startsWith(".")).sort();
  } catch {
    return [];
  }
}

/** The full name, and the short ones that mean the same: `docker.io/library/alpine:3` → `alpine:3`. */
function imageNames(file: string): string[] {
  try {
    const { reference } = JSON.parse(readFileSync(file, "utf8")) as { reference?: unknown };
    if (typeof reference !== "string") return [];
    const short = reference.replace(/^docker\.io\/(library\/)?/, "").replace(/^localhost\//, "");
    return [...new Set([short, short.replace(/:latest$/, ""), reference])];
  } catch {
    return [];
  }
}

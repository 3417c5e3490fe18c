import type { Dirs } from "../dirs/dirs.ts";
import { emitEvent } from "../event/emit.ts";

/** Notes that something happened to an image, by the name under which it did. */
export function imageEvent(engine: { readonly dirs: Dirs }, status: "pull" | "push" | "tag" | "untag" | "remove" | "save" | "mount" | "unmount" | "loadfromarchive" | "import", id: string, name: string): void {
  emitEvent(engine, { type: "image", status, id, name });
}

import type { Dirs } from "../dirs/dirs.ts";
import { withStore } from "../storage/with-store.ts";
import { collectArtifactBlobs } from "./artifact-store.ts";
import { removeList, type ManifestList } from "./manifest-list.ts";

/** Forgets a manifest list, and the artifacts that were made for it. The images in it stay. @returns the list, if there was one */
export async function dropList(dirs: Dirs, name: string): Promise<ManifestList | undefined> {
  return await withStore(dirs, "exclusive", () => {
    const list = removeList(dirs, name);
    collectArtifactBlobs(dirs);
    return list;
  });
}

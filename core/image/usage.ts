/** Which containers use which image. Containers are read as files: this wing may not import the container wing. */
import type { Dirs } from "../dirs/dirs.ts";
import { containerDir, containerFiles, containersDir } from "../dirs/paths.ts";
import { namesIn } from "../fs/list-names.ts";
import { readJsonIfThere } from "../fs/read-json.ts";

/** A container that uses an image. */
export interface ImageUser {
  readonly id: string;
  readonly name: string;
}

/** The containers per image id. */
export function imageUsers(dirs: Dirs): Map<string, ImageUser[]> {
  const users = new Map<string, ImageUser[]>();
  for (const id of containerIds(dirs)) {
    const record = readJsonIfThere<{ readonly imageId?: string; readonly name?: string }>(containerFiles.record(containerDir(dirs, id)));
    if (record?.imageId === undefined) continue;
    const imageId = record.imageId.replace(/^sha256:/, "");
    users.set(imageId, [...(users.get(imageId) ?? []), { id, name: record.name ?? "" }]);
  }
  return users;
}

/** Diff ids of the layers below all containers; one being made without a record yet holds the store lock. */
export function layersOfContainers(dirs: Dirs): string[] {
  return containerIds(dirs).flatMap((id) => readJsonIfThere<{ readonly image?: { readonly layers?: readonly string[] } }>(containerFiles.record(containerDir(dirs, id)))?.image?.layers ?? []);
}

function containerIds(dirs: Dirs): string[] {
  return namesIn(containersDir(dirs));
}

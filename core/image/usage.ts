/** Which containers use which image, as their root or as a mount. Containers are read as files: this wing may not import the container wing. */
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
    const record = usageIn(dirs, id);
    if (record?.imageId === undefined) continue;
    for (const imageId of new Set([record.imageId, ...(record.imageMounts ?? []).map((mount) => mount.imageId)])) {
      users.set(imageId, [...(users.get(imageId) ?? []), { id, name: record.name ?? "" }]);
    }
  }
  return users;
}

/** Diff ids of the layers that containers stand on or mount; one being made without a record yet holds the store lock. */
export function layersOfContainers(dirs: Dirs): string[] {
  return containerIds(dirs).flatMap((id) => {
    const record = usageIn(dirs, id);
    return [...(record?.image?.layers ?? []), ...(record?.imageMounts ?? []).flatMap(({ layers }) => layers)];
  });
}

/** What of a container's record tells of images. */
interface UsageRecord {
  readonly imageId?: string;
  readonly name?: string;
  readonly image?: { readonly layers?: readonly string[] };
  readonly imageMounts?: readonly { readonly imageId: string; readonly layers: readonly string[] }[];
}

function usageIn(dirs: Dirs, id: string): UsageRecord | undefined {
  return readJsonIfThere<UsageRecord>(containerFiles.record(containerDir(dirs, id)));
}

function containerIds(dirs: Dirs): string[] {
  return namesIn(containersDir(dirs));
}

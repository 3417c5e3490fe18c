import { errorOfWords, spawnInNamespace, type NamespaceSite } from "../idmap/spawn-in-namespace.ts";
import { volumeDataDir, type VolumeRecord } from "./record.ts";

/** Gives a volume's directory to an id of containers. @throws CalaError `volume-not-owned` */
export async function ownVolume(site: NamespaceSite, volume: VolumeRecord, { uid, gid }: { readonly uid: number; readonly gid: number }): Promise<void> {
  const { child, ended, words } = spawnInNamespace(site, ["chown", `${uid}:${gid}`, volumeDataDir(site.dirs, volume.name)], "ignore");
  child.stdout?.resume();
  if (await ended !== 0) throw errorOfWords(words(), "volume-not-owned", `cannot give the volume "${volume.name}" to ${uid}:${gid}`);
}

/** A volume as podman's `volume inspect` shows it. */
import type { Dirs } from "../dirs/dirs.ts";
import { readVolume, volumeDataDir, type VolumeRecord } from "./record.ts";

/** podman's words for what is known of a volume. */
export interface VolumeDocument {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Scope: "local";
  readonly Options: Readonly<Record<string, string>>;
  readonly Anonymous: boolean;
  /** Running containers that use it. */
  readonly MountCount: number;
}

/** @param mountCount running containers that use the volume */
export function volumeDocument(dirs: Dirs, record: VolumeRecord, mountCount: number): VolumeDocument {
  return {
    Name: record.name, Driver: record.driver, Mountpoint: volumeDataDir(dirs, record.name), CreatedAt: record.createdAt, Labels: record.labels,
    Scope: "local", Options: record.options, Anonymous: record.anonymous, MountCount: mountCount,
  };
}

/** The document of the volume of this very name; undefined where there is none. */
export function inspectVolumeIfThere(dirs: Dirs, name: string, mountCount: (name: string) => number = () => 0): VolumeDocument | undefined {
  const record = readVolume(dirs, name);
  return record === undefined ? undefined : volumeDocument(dirs, record, mountCount(record.name));
}

/** A volume as podman's `volume inspect` shows it. */
import type { Dirs } from "../dirs/dirs.ts";
import { volumeDataDir, type VolumeRecord } from "./record.ts";

export interface VolumeDocument {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Scope: "local";
  readonly Options: Readonly<Record<string, string>>;
  readonly Anonymous: boolean;
  /** Containers that use it. */
  readonly MountCount: number;
}

/** @param mountCount containers that use the volume */
export function volumeDocument(dirs: Dirs, record: VolumeRecord, mountCount: number): VolumeDocument {
  return {
    Name: record.name, Driver: record.driver, Mountpoint: volumeDataDir(dirs, record.name), CreatedAt: record.createdAt, Labels: record.labels,
    Scope: "local", Options: record.options, Anonymous: record.anonymous, MountCount: mountCount,
  };
}

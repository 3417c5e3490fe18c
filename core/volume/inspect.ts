/** A volume as podman's `volume inspect` shows it. */
import type { Dirs } from "../dirs/dirs.ts";
import { readVolume, volumeDataDir, type VolumeRecord } from "./record.ts";

export interface VolumeDocument {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt: string;
  readonly Labels: Readonly<Record<string, string>>;
  readonly Scope: "local";
  readonly Options: Readonly<Record<string, string>>;
  readonly Anonymous: boolean;
  /** Containers that use it, where that was counted. */
  readonly MountCount?: number;
}

/** The document of the volume of exactly this name, or undefined. */
export function inspectVolumeIfThere(dirs: Dirs, name: string): VolumeDocument | undefined {
  const record = readVolume(dirs, name);
  return record === undefined ? undefined : volumeDocument(dirs, record);
}

/** @param mountCount containers that use the volume */
export function volumeDocument(dirs: Dirs, record: VolumeRecord, mountCount?: number): VolumeDocument {
  return {
    Name: record.name, Driver: record.driver, Mountpoint: volumeDataDir(dirs, record.name), CreatedAt: record.createdAt, Labels: record.labels,
    Scope: "local", Options: record.options, Anonymous: record.anonymous,
    ...(mountCount === undefined ? {} : { MountCount: mountCount }),
  };
}

/** What a storage driver is: one object that answers every question about stacking layers its way. */
import type { HostTool } from "../../host/tools.ts";
import type { IdRanges } from "../../idmap/map.ts";
import type { NamespaceSite } from "../../idmap/spawn-in-namespace.ts";
import type { HelperLaunch, StorageLaunch } from "../../plan/launch-details.ts";

/** Where a driver can be used; if it cannot, why, and what mends it, and whether that may be otherwise in a moment. */
export type Availability = { readonly usable: true } | { readonly usable: false; readonly reason: string; readonly fix: string; readonly passing?: boolean };

/** A container's files, as absolute paths; the layers' trees lowest first. */
export interface StackRequest {
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
  readonly rootfs: string;
  /** Mounted once and removed when the container ends: nothing of it needs to reach the disk. */
  readonly passing: boolean;
  /** Whom the files of the layers belong to in the container, by their owners on the disk, both as ids of the outer namespace. */
  readonly owners?: IdRanges;
}

/** How the container's root comes about when it starts. */
export interface PreparedStorage {
  readonly launch: StorageLaunch;
  readonly helpers: readonly HelperLaunch[];
  /** What must belong to the container's root. */
  readonly owned: readonly string[];
}

/** A process that shows layers at a directory with other owners, without touching a file. */
export interface LayersView {
  readonly usable: (site: NamespaceSite) => boolean;
  readonly show: (site: NamespaceSite, lowers: readonly string[], owners: IdRanges, at: string) => HelperLaunch;
}

/** One way of stacking layers. */
export interface StorageDriver {
  readonly name: string;
  /** What using it costs compared with the best one; empty for that. */
  readonly cost: string;
  /** The host program that it needs. */
  readonly tool?: HostTool;
  /** Tries it out on the file system of the data directory. */
  readonly probe: (site: NamespaceSite) => Promise<Availability>;
  /** Makes the directories and says what the launch has to do. Called at every start; what is there stays. */
  readonly prepare: (site: NamespaceSite, stack: StackRequest) => Promise<PreparedStorage>;
  /** It does what `owners` asks for; else it must be given layers that have them already. */
  readonly changesOwners: boolean;
  readonly view?: LayersView;
  /** The trees in which the container's files are, topmost first; they can be read while it runs. */
  readonly trees: (stack: StackRequest) => readonly string[];
  /** The container's own changes are a tree apart, which can become a layer of a further stack as it is. */
  readonly keepsChangesApart: boolean;
  /** Its mount needs no process that serves it. */
  readonly mountsAlone: boolean;
}

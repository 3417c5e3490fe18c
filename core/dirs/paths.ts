/** Every path below the roots, as functions; nobody else joins these names. */
import { existsSync } from "node:fs";
import type { Dirs } from "./dirs.ts";

/** The roots are normal already; node:path would go through every letter again, in a start a millisecond's worth of them. */
const join = (...parts: readonly string[]): string => parts.join("/");

/** What is named by its digest may lie in a further store as well; where it is in none, its place is the own one. */
function found(dirs: Dirs, name: string): string {
  const own = join(dirs.data, name);
  if (dirs.imageStores === undefined || existsSync(own)) return own;
  return dirs.imageStores.map((store) => join(store, name)).find((path) => existsSync(path)) ?? own;
}

export const formatFile = (dirs: Dirs): string => join(dirs.data, "format");
export const storeLockFile = (dirs: Dirs): string => join(dirs.data, "lock");
/** Small blobs (manifests, configs, indexes) by digest; layers are kept unpacked only. */
export const blobFile = (dirs: Dirs, hex: string): string => found(dirs, `blobs/sha256/${hex}`);
export const blobsDir = (dirs: Dirs): string => join(dirs.data, "blobs", "sha256");
export const layersDir = (dirs: Dirs): string => join(dirs.data, "layers");
/** One unpacked layer by the hex digits of its diff id. */
export const layerDir = (dirs: Dirs, hex: string): string => found(dirs, `layers/${hex}`);
/** Names of layers that the disk may not have yet; see layer/unsynced. */
export const unsyncedDir = (dirs: Dirs): string => join(dirs.data, "unsynced");
export const imagesDir = (dirs: Dirs): string => join(dirs.data, "images");
export const imageFile = (dirs: Dirs, id: string): string => join(dirs.data, "images", `${id}.json`);
/** One file per image name; see image/tag-store. */
export const tagsDir = (dirs: Dirs): string => join(dirs.data, "tags");
/** Manifest lists in the making; see image/manifest-list. */
export const manifestListsDir = (dirs: Dirs): string => join(dirs.data, "manifests");
/** Artifacts: a record per name, and their blobs by digest; see image/artifact-store. */
export const artifactRecordsDir = (dirs: Dirs): string => join(dirs.data, "artifacts", "records");
export const artifactBlobsDir = (dirs: Dirs): string => join(dirs.data, "artifacts", "blobs");
/** Where images are mounted, by id; see image/mount. */
export const imageMountsDir = (dirs: Dirs): string => join(dirs.data, "mounts");
export const imageMountDir = (dirs: Dirs, id: string): string => join(dirs.data, "mounts", id);
export const containersDir = (dirs: Dirs): string => join(dirs.data, "containers");
export const containerDir = (dirs: Dirs, id: string): string => join(dirs.data, "containers", id);
/** Symbolic links, name → id: their exclusive creation is what makes a name unique. */
export const containerNamesDir = (dirs: Dirs): string => join(dirs.data, "names");
export const containerNameLink = (dirs: Dirs, name: string): string => join(dirs.data, "names", name);
/** Symbolic links, number of a block of ids → the container that has it alone. */
export const idBlocksDir = (dirs: Dirs): string => join(dirs.data, "id-blocks");
export const volumesDir = (dirs: Dirs): string => join(dirs.data, "volumes");
export const volumeDir = (dirs: Dirs, name: string): string => join(dirs.data, "volumes", name);
export const networksDir = (dirs: Dirs): string => join(dirs.data, "networks");
/** One user-defined network. */
export const networkDir = (dirs: Dirs, name: string): string => join(dirs.data, "networks", name);
export const networksLockFile = (dirs: Dirs): string => join(dirs.data, "networks.lock");
/** Where the process of a network listens; by the beginning of the network's id. */
export const networkRuntimeDir = (dirs: Dirs, id: string): string => join(dirs.runtime, "networks", id.slice(0, 12));
export const secretsDir = (dirs: Dirs): string => join(dirs.data, "secrets");
export const secretDir = (dirs: Dirs, name: string): string => join(dirs.data, "secrets", name);
/** Upper directories that became layers of containers; see storage/chain. */
export const snapshotsDir = (dirs: Dirs): string => join(dirs.data, "snapshots");
export const snapshotDir = (dirs: Dirs, id: string): string => join(dirs.data, "snapshots", id);
export const stagingDir = (dirs: Dirs): string => join(dirs.data, "staging");
/** One empty file `PID-STARTTIME` per process that lives in the outer user namespace; written and removed by the native program. */
export const outerNamespaceDir = (dirs: Dirs): string => join(dirs.runtime, "userns");
export const eventsFile = (dirs: Dirs): string => (dirs.withoutEvents === true ? "/dev/null" : join(dirs.state, "events"));
/** What the user was told of this host, since the boot. */
export const toldFile = (dirs: Dirs): string => join(dirs.state, "told.json");
export const seccompCacheDir = (dirs: Dirs): string => join(dirs.cache, "seccomp");
/** What registries.conf and its drop-ins came to. */
export const registriesCacheFile = (dirs: Dirs): string => join(dirs.cache, "registries.json");
/** Which storage driver worked when it was tried last. */
export const storageProbeFile = (dirs: Dirs): string => join(dirs.cache, "storage-driver.json");
/** Whether user namespaces could be made when it was tried last. */
export const namespaceProbeFile = (dirs: Dirs): string => join(dirs.cache, "namespaces.json");
/** What host programs say of their versions. */
export const toolVersionsFile = (dirs: Dirs): string => join(dirs.cache, "tool-versions.json");
/** Whether the store takes files of other owners. */
export const ownersProbeFile = (dirs: Dirs): string => join(dirs.cache, "owners.json");
/** Launches that the native program can repeat by itself. */
export const launchTemplatesDir = (dirs: Dirs): string => join(dirs.cache, "launch");
export const downloadsDir = (dirs: Dirs): string => join(dirs.cache, "downloads");

/** Everything that may lie directly in the directories; a test compares it with the functions above. */
export const knownEntries = {
  data: ["format", "lock", "blobs", "layers", "unsynced", "images", "tags", "containers", "names", "volumes", "secrets", "snapshots", "id-blocks", "staging", "run", "networks", "networks.lock", "manifests", "artifacts", "mounts"],
  state: ["events", "told.json"],
  cache: ["launch", "seccomp", "registries.json", "storage-driver.json", "namespaces.json", "tool-versions.json", "owners.json", "downloads"],
  runtime: ["userns", "userns.lock", "networks"],
} as const;

/** The files of one container, given its directory. */
export const containerFiles = {
  record: (dir: string): string => join(dir, "record.json"),
  config: (dir: string): string => join(dir, "config.json"),
  plan: (dir: string): string => join(dir, "plan"),
  /** By what the native launcher makes the first start; until then. */
  startTemplate: (dir: string): string => join(dir, "start-template"),
  origin: (dir: string): string => join(dir, "origin.json"),
  execPlan: (dir: string): string => join(dir, "exec-plan"),
  healthPlan: (dir: string): string => join(dir, "health-plan"),
  startupPlan: (dir: string): string => join(dir, "startup-plan"),
  healthLog: (dir: string): string => join(dir, "health-log"),
  /** Whom events are about since the last rename. */
  eventSubject: (dir: string): string => join(dir, "event-subject"),
  /** Empty; there from an init to the next start. */
  initialized: (dir: string): string => join(dir, "initialized"),
  state: (dir: string): string => join(dir, "state"),
  log: (dir: string): string => join(dir, "log"),
  /** Where the processes of its networks listen, one a line. */
  networks: (dir: string): string => join(dir, "networks"),
  /** What the gate of `--egress` is started with. */
  gate: (dir: string): string => join(dir, "gate"),
  launch: (dir: string): string => join(dir, "launch.json"),
  lock: (dir: string): string => join(dir, "lock"),
  socket: (dir: string): string => join(dir, "attach"),
  /** Where the network namespace is mounted for helpers that cannot find it otherwise. */
  networkNamespace: (dir: string): string => join(dir, "netns"),
  /** Upper and work directories of mounts with the option `O`. */
  overlays: (dir: string): string => join(dir, "overlays"),
  /** Where the layers show with the owners of this container. */
  layersView: (dir: string): string => join(dir, "layers"),
  /** The bytes of its secrets as they were when it was made, by their places in the request. */
  secrets: (dir: string): string => join(dir, "secrets"),
  rootfs: (dir: string): string => join(dir, "rootfs"),
  upper: (dir: string): string => join(dir, "upper"),
  work: (dir: string): string => join(dir, "work"),
  etc: (dir: string): string => join(dir, "etc"),
  /** What CRIU saved, and the memory that it saved beforehand. */
  checkpoint: (dir: string): string => join(dir, "checkpoint"),
  preCheckpoint: (dir: string): string => join(dir, "pre-checkpoint"),
  checkpointFacts: (dir: string): string => join(dir, "checkpoint.json"),
};

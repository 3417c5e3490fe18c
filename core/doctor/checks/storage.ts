/** Where images and containers lie. */
import type { Check, Problem } from "../check.ts";
import type { HostFacts } from "../facts.ts";
import { deviceProblem } from "./network.ts";

/** What a FUSE file system needs. */
export const fuseDevice = "/dev/fuse";

/** Types whose servers do not know mapped ids, or keep no locks or attributes. */
const networkFileSystems = /^(nfs4?|cifs|smb3?|lustre|gpfs|beegfs|ceph|afs|9p|fuse\.sshfs|fuse\.glusterfs|orangefs|panfs)$/;
const leastFreeBytes = 1024 ** 3;
const leastFreeShare = 0.01;
const moveData = "set CALA_ROOT to a directory on a local disk, such as /var/tmp/$USER/cala (in your shell's profile)";

function driverProblem({ driver }: HostFacts): Problem | undefined {
  if (driver.name === undefined) return { message: `no storage driver works: ${driver.refusals.map(({ reason }) => reason).join("; ")}`, fix: driver.refusals[0]?.fix ?? "cala info" };
  return undefined;
}

function slowDriverProblem({ driver }: HostFacts): Problem | undefined {
  const [best] = driver.refusals;
  return driver.name === undefined || best === undefined ? undefined : { message: `containers use the storage driver "${driver.name}": ${driver.refusals.map(({ reason }) => reason).join("; ")}`, fix: best.fix };
}

/** All checks of storage. */
export const storageChecks: readonly Check[] = [
  { code: "data-unwritable", level: "error", summary: "cala's data directory can be written",
    examine: ({ data }) => (data.writable ? undefined : { message: `"${data.path}" cannot be written by this user: nothing can be pulled or made`, fix: `sudo chown -R "$USER": ${data.path}, or ${moveData}` }) },
  { code: "data-noexec", level: "error", summary: "programs on cala's data directory may be executed",
    examine: ({ data }) => (data.options.includes("noexec") ? { message: `"${data.path}" lies on a file system that is mounted noexec: no program of an image can be executed`, fix: moveData } : undefined) },
  { code: "data-on-network", level: "warning", summary: "cala's data lies on a local file system",
    examine: ({ data }) => (networkFileSystems.test(data.fileSystem) ? { message: `"${data.path}" lies on ${data.fileSystem}, which does not know mapped ids: containers have a single user id there, files are slower, and locks hold on this machine only`, fix: moveData } : undefined) },
  { code: "disk-full", level: "warning", summary: "there is room on the disk",
    examine: ({ data }) => (data.freeBytes >= leastFreeBytes ? undefined : { message: `only ${Math.floor(data.freeBytes / 1024 ** 2)} MiB are free where "${data.path}" lies`, fix: "cala system prune --all, or cala image prune" }) },
  { code: "inodes-few", level: "warning", summary: "there is room for more files",
    examine: ({ data }) => (data.files === 0 || data.freeFiles >= data.files * leastFreeShare ? undefined : { message: `only ${data.freeFiles} of ${data.files} files are left where "${data.path}" lies`, fix: "cala image prune" }) },
  { code: "store-unreadable", level: "error", summary: "the store is one that this cala knows",
    examine: ({ storeTrouble }) => (storeTrouble === undefined ? undefined : { message: storeTrouble, fix: "use the cala that made it, or set CALA_ROOT to another directory" }) },
  { code: "storage-driver-unusable", level: "error", summary: "a storage driver works", examine: driverProblem },
  { code: "storage-driver-slow", level: "warning", summary: "the best storage driver works", examine: slowDriverProblem },
  { code: "fuse-unusable", level: "note", summary: "FUSE can be used", examine: ({ devices }) => deviceProblem(fuseDevice, "fuse", "file systems of users cannot be mounted, which some hosts need for storage", devices[fuseDevice]) },
  { code: "render-closed", level: "note", summary: "graphics cards can be given to containers",
    examine: ({ renderNodes, ids }) => {
      const closed = Object.entries(renderNodes).find(([, state]) => state === "closed");
      return closed === undefined ? undefined : { message: `"${closed[0]}" is closed to this user: containers cannot compute or render on the graphics card`, fix: `sudo usermod --append --groups "$(stat -c %G ${closed[0]})" ${ids.name ?? ids.uid}, then log in again, and --group-add keep-groups` };
    } },
  { code: "home-closed", level: "note", summary: "other ids of containers can pass through the home directory",
    examine: ({ homeMode }) => (homeMode === undefined || (homeMode & 0o001) !== 0 ? undefined : { message: `the home directory is closed to others (mode ${homeMode.toString(8).padStart(4, "0")}): processes of containers that are neither root nor you inside cannot reach directories below it that you mount`, fix: "chmod o+x ~, or let the program run as you: --userns=keep-id" }) },
];

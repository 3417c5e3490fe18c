/** SELinux at a start: which labels the container has, and the files of the host that are given them. Loaded only where it is on and something asks for it. */
import { homedir } from "node:os";
import { CalaError } from "../base/error.ts";
import { containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { spawnInNamespace } from "../idmap/spawn-in-namespace.ts";
import { chooseLabels, labelsOf, policyContexts, type SelinuxLabels } from "../security/selinux.ts";
import type { LaunchDetails } from "../plan/launch-details.ts";
import type { MountRequest } from "../spec/request.ts";
import type { PreparedMounts } from "./mounts.ts";
import type { ContainerRecord } from "./record.ts";

/** A new label would lock out whoever else lives there. */
const protectedPaths = [
  "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var", "/var/lib", "/var/log",
];

/**
 * The labels that the container asks for. Its own processes are in its user's domain otherwise. @throws CalaError `selinux-policy-missing`, `selinux-unsupported`
 */
export function labelsOfContainer({ request, id, storageDriver }: ContainerRecord): SelinuxLabels | undefined {
  const { namespaces, privileged, security } = request;
  // What shares processes or memory with the host must be in the host's domain; podman has it so, too.
  if (privileged || namespaces.pid === "host" || namespaces.ipc === "host") return undefined;
  const labels = chooseLabels(security.labels, id, policyContexts());
  if (labels === undefined || storageDriver === "overlay") return labels;
  throw new CalaError("selinux-unsupported", `the container cannot be given an SELinux label: files of the storage driver "${storageDriver}" have none of their own`, { hint: "use --storage-driver overlay, or give --security-opt label=disable" });
}

/** What is labelled. */
export interface LabelledFiles {
  readonly mounts: PreparedMounts;
  readonly storage: LaunchDetails["storage"];
  /** The container's directory. */
  readonly dir: string;
}

/** Labels what is mounted with `z` or `Z`, and for a container with labels its volumes, its image and the files that cala keeps for it. @throws CalaError */
export async function relabelFiles(engine: Engine, record: ContainerRecord, { mounts, storage, dir }: LabelledFiles, own: SelinuxLabels | undefined): Promise<void> {
  const labels = own ?? labelsOf([], record.id, policyContexts());
  if (labels === undefined) return;
  for (const mount of mounts.planned) {
    const [source, word] = [sourceOf(mount, mounts), "options" in mount ? mount.options.find((each) => each === "z" || each === "Z") : undefined];
    if (source === undefined || (word === undefined && (mount.kind !== "volume" || own === undefined))) continue;
    if (mount.kind === "bind" && [...protectedPaths, homedir()].includes(source)) throw new CalaError("selinux-relabel-refused", `SELinux relabeling of "${source}" is not allowed: others live there`, { hint: "mount a directory below it" });
    await relabel(engine, word === "Z" ? labels.file : labels.sharedFile, [source], word === undefined);
  }
  if (own === undefined) return;
  await relabel(engine, own.file, [containerFiles.etc(dir)], false);
  // The label of an overlay is its mount's, but memory that is mapped from a file is the file's on the disk. What is made in the upper directory is of its type.
  if (storage.driver !== "overlay") return;
  await relabel(engine, own.imageFile, storage.lowers, true);
  await relabel(engine, own.sharedFile, [storage.upper, storage.work], true);
}

function sourceOf(mount: MountRequest, { sources }: PreparedMounts): string | undefined {
  if (mount.kind === "bind") return mount.source;
  const source = sources[mount.target];
  return mount.kind === "volume" && typeof source === "string" ? source : undefined;
}

async function relabel(engine: Engine, label: string, paths: readonly string[], unlessLabelled: boolean): Promise<void> {
  const { child, ended, words } = spawnInNamespace(engine, ["cala-native", "relabel", ...(unlessLabelled ? ["--unless-labelled"] : []), label, ...paths], "ignore");
  child.stdout?.resume();
  if (await ended !== 0) throw new CalaError("selinux-relabel-failed", `cannot give files the SELinux label "${label}": ${words().trim()}`, { hint: "leave :z and :Z out, or give --security-opt label=disable" });
}

/** SELinux at a start: which labels the container has, and the files of the host that are given them. Loaded only where it is on. */
import { homedir } from "node:os";
import { CalaError } from "../base/error.ts";
import { nativeProgram } from "../dirs/program.ts";
import { containerDir, containerFiles } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { spawnInNamespace } from "../idmap/spawn-in-namespace.ts";
import type { RuntimeConfig } from "../oci/runtime-config.ts";
import type { LaunchDetails } from "../plan/launch-details.ts";
import { freeLevel, labelObstacle, labelsOf, wishesOfLabel, type LabelObstacle, type LoadedPolicy, type SelinuxLabels } from "../security/selinux.ts";
import { loadedPolicy, policyContexts } from "../security/selinux-policy.ts";
import type { ContainerRequest, MountRequest } from "../spec/request.ts";
import type { LaunchFacts } from "./launch.ts";
import type { PreparedMounts } from "./mounts.ts";
import type { ContainerRecord } from "./record.ts";
import { findContainer, listContainerIds } from "./store.ts";
import { tellOnce } from "./tell-once.ts";

/** A new label would lock out whoever else lives there. */
const protectedPaths = [
  "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/opt", "/proc", "/root", "/run", "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var", "/var/lib", "/var/log",
];

/** What decides over the labels of a container, but for the container. */
export interface LabelHost {
  readonly contexts: string | undefined;
  readonly policy: LoadedPolicy;
}

/** Labels, or why there are none: nothing to say where the container is meant to have none. */
export interface LabelDecision {
  readonly labels?: SelinuxLabels;
  readonly obstacle?: LabelObstacle;
}

/** The level of its last launch, else one that no other container has. */
export function levelOfContainer(engine: Engine, id: string, last: LaunchFacts | undefined): string {
  if (last?.selinuxLevel !== undefined) return last.selinuxLevel;
  const others = listContainerIds(engine.dirs).filter((other) => other !== id);
  return freeLevel(new Set(others.flatMap((other) => readJsonIfThere<LaunchFacts>(containerFiles.launch(containerDir(engine.dirs, other)))?.selinuxLevel ?? [])));
}

/** Labels that were asked for with `--security-opt label=…`. */
function askedFor(request: ContainerRequest): string[] {
  return request.security.labels.filter((word) => word !== "nested");
}

/**
 * Whether a container has labels, as podman decides it, and which. `others` tells the label of the container whose processes or memory it shares.
 * @throws CalaError `selinux-policy-missing`, `selinux-unsupported` where labels were asked for that cannot be had
 */
export function decideLabels(request: ContainerRequest, storageDriver: string, level: string, host: LabelHost, others: (name: string) => string): LabelDecision {
  const { namespaces, privileged, systemd } = request;
  const asked = askedFor(request);
  // What shares processes or memory with the host must be in the host's domain.
  if (privileged || asked.includes("disable") || namespaces.pid === "host" || namespaces.ipc === "host") return {};
  const shared = [namespaces.pid, namespaces.ipc].flatMap((mode) => (mode.startsWith("container:") ? wishesOfLabel(others(mode.slice("container:".length))) : []));
  const choice = { wishes: [...asked, ...shared], level, contexts: host.contexts, isSystemd: systemd?.active === true };
  const labels = labelsOf(choice);
  const isAsked = asked.length > 0;
  if (labels === undefined) {
    if (isAsked) throw new CalaError("selinux-policy-missing", "the container cannot be given an SELinux label: this host's policy has no contexts for containers", { hint: "install container-selinux, or give --security-opt label=disable" });
    return { obstacle: { reason: "the policy has no contexts for containers", fix: "install the package container-selinux" } };
  }
  if (storageDriver !== "overlay") {
    if (isAsked) throw new CalaError("selinux-unsupported", `the container cannot be given an SELinux label: files of the storage driver "${storageDriver}" have none of their own`, { hint: "use --storage-driver overlay, or give --security-opt label=disable" });
    return { obstacle: { reason: `files of the storage driver "${storageDriver}" have no label of their own`, fix: "use --storage-driver overlay" } };
  }
  if (isAsked) return { labels };
  const obstacle = labelObstacle(labels, host.policy);
  if (obstacle === undefined) return { labels };
  // Where the policy lets nobody change the user and the role, the caller's own may do.
  const ownLabels = labelsOf({ ...choice, identity: (host.policy.ownContext ?? "").split(":").slice(0, 2).join(":") });
  return ownLabels !== undefined && labelObstacle(ownLabels, host.policy) === undefined ? { labels: ownLabels } : { obstacle };
}

/** The labels of a container; the user is told once why it has none. @throws CalaError as `decideLabels` */
export function labelsOfContainer(engine: Engine, { request, storageDriver }: ContainerRecord, level: string): SelinuxLabels | undefined {
  const others = (name: string): string => readJsonIfThere<RuntimeConfig>(containerFiles.config(containerDir(engine.dirs, findContainer(engine.dirs, name).id)))?.process?.selinuxLabel ?? "";
  const { labels, obstacle } = decideLabels(request, storageDriver, level, { contexts: policyContexts(), policy: loadedPolicy() }, others);
  if (obstacle !== undefined) tellWithout(engine, obstacle);
  return labels;
}

function tellWithout(engine: Engine, { reason, fix }: LabelObstacle): void {
  tellOnce(engine, `containers run without an SELinux label, in your own domain: ${reason} (${fix.replace("PROGRAM", nativeProgram())})`);
}

/** What is labelled. */
export interface LabelledFiles {
  readonly mounts: PreparedMounts;
  readonly storage: LaunchDetails["storage"];
  /** The container's directory. */
  readonly dir: string;
}

interface Relabelling {
  readonly label: string;
  readonly paths: readonly string[];
  /** Whether trees whose top has the label are left as they are. */
  readonly unlessLabelled: boolean;
}

/**
 * Labels what is mounted with `z` or `Z`, and for a container with labels its volumes, its image and the files that cala keeps for it.
 * @returns the labels that the container has: none where it did not ask for any and its files could not be given them @throws CalaError
 */
export async function relabelFiles(engine: Engine, record: ContainerRecord, files: LabelledFiles, level: string, own: SelinuxLabels | undefined): Promise<SelinuxLabels | undefined> {
  const labels = own ?? labelsOf({ wishes: [], level, contexts: policyContexts(), isSystemd: false });
  if (labels === undefined) return undefined;
  await relabel(engine, mountsToLabel(files.mounts, labels, (word) => word !== undefined));
  if (own === undefined) return undefined;
  try {
    await relabel(engine, [...mountsToLabel(files.mounts, labels, (word, kind) => word === undefined && kind === "volume"), ...keptFiles(files, own)]);
    return own;
  } catch (error) {
    if (!(error instanceof CalaError) || askedFor(record.request).length > 0) throw error;
    tellWithout(engine, { reason: error.message, fix: "use a store of your own, on a file system that keeps labels" });
    return undefined;
  }
}

function mountsToLabel(mounts: PreparedMounts, labels: SelinuxLabels, isMeant: (word: string | undefined, kind: string) => boolean): Relabelling[] {
  return mounts.planned.flatMap((mount): Relabelling[] => {
    const [source, word] = [sourceOf(mount, mounts), "options" in mount ? mount.options.find((each) => each === "z" || each === "Z") : undefined];
    if (source === undefined || !isMeant(word, mount.kind)) return [];
    if (mount.kind === "bind" && [...protectedPaths, homedir()].includes(source)) throw new CalaError("selinux-relabel-refused", `SELinux relabeling of "${source}" is not allowed: others live there`, { hint: "mount a directory below it" });
    return [{ label: word === "Z" ? labels.file : labels.sharedFile, paths: [source], unlessLabelled: word === undefined }];
  });
}

/** The label of an overlay is its mount's, but memory that is mapped from a file is the file's on the disk. What is made in the upper directory is of its type. */
function keptFiles({ mounts: { imageMounts }, storage, dir }: LabelledFiles, own: SelinuxLabels): Relabelling[] {
  const etc = { label: own.file, paths: [containerFiles.etc(dir)], unlessLabelled: false };
  if (storage.driver !== "overlay") return [etc];
  const written = imageMounts.flatMap(({ writable }) => (writable === undefined ? [] : [writable.upper, writable.work]));
  return [
    etc, { label: own.imageFile, paths: [...storage.lowers, ...imageMounts.flatMap(({ lowers }) => lowers)], unlessLabelled: true },
    { label: own.sharedFile, paths: [storage.upper, storage.work, ...written], unlessLabelled: true },
  ];
}

function sourceOf(mount: MountRequest, { sources }: PreparedMounts): string | undefined {
  if (mount.kind === "bind") return mount.source;
  const source = sources[mount.target];
  return mount.kind === "volume" && typeof source === "string" ? source : undefined;
}

/** All in one process. @throws CalaError `selinux-relabel-failed` */
async function relabel(engine: Engine, groups: readonly Relabelling[]): Promise<void> {
  if (groups.length === 0) return;
  const words = groups.flatMap(({ label, paths, unlessLabelled }, index) => [...(index > 0 ? ["--"] : []), ...(unlessLabelled ? ["--unless-labelled"] : []), label, ...paths]);
  const spawned = spawnInNamespace(engine, ["cala-native", "relabel", ...words], "ignore");
  spawned.child.stdout?.resume();
  if (await spawned.ended !== 0) throw new CalaError("selinux-relabel-failed", `cannot give files the SELinux label "${groups[0]?.label ?? ""}": ${spawned.words().trim()}`, { hint: "leave :z and :Z out, or give --security-opt label=disable" });
}

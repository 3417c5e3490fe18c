/** SELinux labels of containers, as container-selinux and go-selinux have them. Pure: what the kernel says is handed in. */
import { randomInt } from "../base/random.ts";

/** What a container is labelled with: `USER:ROLE:TYPE:LEVEL`. */
export interface SelinuxLabels {
  /** Of its processes. */
  readonly process: string;
  /** Of its files. */
  readonly file: string;
  /** Of files that containers share: without categories. */
  readonly sharedFile: string;
  /** Of images' layers, which containers read and execute. */
  readonly imageFile: string;
}

/** What decides over a container's labels. */
export interface LabelChoice {
  /** Words of `label=…`, the last one of a kind counts: `type:container_t`. */
  readonly wishes: readonly string[];
  /** `s0:c1,c2`. */
  readonly level: string;
  /** The file lxc_contexts of the policy; undefined: there is none. */
  readonly contexts: string | undefined;
  /** Whether systemd runs in it, which has a type of its own. */
  readonly isSystemd: boolean;
  /** `USER:ROLE` for its processes instead of the policy's. */
  readonly identity?: string;
}

const categories = 1024;

/** A level with two random categories that no other container has: containers that differ in them are closed to each other. @param taken levels of the others */
export function freeLevel(taken: ReadonlySet<string>, random: (below: number) => number = randomInt): string {
  for (;;) {
    const first = random(categories), second = random(categories);
    const level = `s0:c${Math.min(first, second)},c${Math.max(first, second)}`;
    if (first !== second && !taken.has(level)) return level;
  }
}

/** The labels of a container; undefined where the policy has none for containers. */
export function labelsOf({ wishes, level: ownLevel, contexts, isSystemd, identity }: LabelChoice): SelinuxLabels | undefined {
  const base = { process: contextOf(contexts, "process"), file: contextOf(contexts, "file") };
  if (base.process === undefined || base.file === undefined) return undefined;
  const wish = (name: string): string | undefined => wishes.findLast((word) => word.startsWith(`${name}:`))?.slice(name.length + 1);
  const level = wish("level") ?? ownLevel;
  const [ownUser, ownRole] = (identity ?? base.process).split(":");
  const type = wish("type") ?? ((isSystemd ? contextOf(contexts, "init_process") : undefined) ?? base.process).split(":")[2];
  const [fileUser, fileRole, fileType] = base.file.split(":");
  const file = [wish("user") ?? fileUser, fileRole, wish("filetype") ?? fileType].join(":");
  return { process: [wish("user") ?? ownUser, wish("role") ?? ownRole, type, level].join(":"), file: `${file}:${level}`, sharedFile: `${file}:s0`, imageFile: contextOf(contexts, "ro_file") ?? `${file}:s0` };
}

/** The wishes that give a container the label of another one. @param label empty: it has none */
export function wishesOfLabel(label: string): string[] {
  const [user, role, type, ...level] = label.split(":");
  return level.length === 0 ? [] : [`user:${user ?? ""}`, `role:${role ?? ""}`, `type:${type ?? ""}`, `level:${level.join(":")}`];
}

/** What the kernel says of its policy. */
export interface LoadedPolicy {
  readonly isEnforcing: boolean;
  /** The context of this process; undefined: it cannot be read. */
  readonly ownContext: string | undefined;
  /** Whether it is a context of the policy. */
  readonly knows: (context: string) => boolean;
  /** Whether the first may do that to the second. */
  readonly allows: (source: string, target: string, objectClass: string, permission: string) => boolean;
}

/** Why a container cannot have labels, and what mends it. */
export interface LabelObstacle {
  readonly reason: string;
  readonly fix: string;
}

/** What keeps this process from starting a container with these labels; undefined: nothing. */
export function labelObstacle(labels: SelinuxLabels, policy: LoadedPolicy): LabelObstacle | undefined {
  const unknown = [labels.process, labels.file, labels.sharedFile, labels.imageFile].find((label) => !policy.knows(label));
  if (unknown !== undefined) return { reason: `the policy that is loaded does not know the label "${withoutLevel(unknown)}"`, fix: "install the package container-selinux" };
  if (!policy.isEnforcing) return undefined;
  const own = policy.ownContext;
  if (own === undefined) return { reason: "the context of this process cannot be read", fix: "cat /proc/self/attr/current" };
  const needs: readonly (readonly [source: string, target: string, objectClass: string, permission: string])[] = [
    [own, labels.process, "process", "transition"], [labels.process, labels.file, "file", "entrypoint"],
    [own, labels.imageFile, "file", "relabelto"], [own, labels.sharedFile, "dir", "relabelto"],
  ];
  const refused = needs.find((need) => !policy.allows(...need));
  if (refused === undefined) return undefined;
  const [source, target, objectClass, permission] = refused;
  return { reason: `the policy forbids ${withoutLevel(source)} "${permission}" of the ${objectClass} label ${withoutLevel(target)}`, fix: "have root label the program: chcon -t container_runtime_exec_t PROGRAM" };
}

function withoutLevel(context: string): string {
  return context.split(":").slice(0, 3).join(":");
}

/** The line `NAME = "CONTEXT"`. */
function contextOf(contexts: string | undefined, name: string): string | undefined {
  return new RegExp(`^\\s*${name}\\s*=\\s*"([^":]+:[^":]+:[^":]+:[^"]+)"`, "m").exec(contexts ?? "")?.[1];
}

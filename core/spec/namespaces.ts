/** The namespaces of a container, with every name already resolved to a path by the caller. */
import type { NamespaceType, RuntimeNamespace } from "../oci/runtime-config.ts";

/** A new namespace, the host's, or an existing one. */
export type NamespaceChoice =
  | { readonly kind: "private" }
  | { readonly kind: "host" }
  | { readonly kind: "path"; readonly path: string };

/** One choice per kind of namespace; the mount namespace is always new. */
export interface NamespaceChoices {
  readonly network: NamespaceChoice;
  readonly pid: NamespaceChoice;
  /** `none`: private, without /dev/shm. */
  readonly ipc: NamespaceChoice | { readonly kind: "none" };
  readonly uts: NamespaceChoice;
  readonly cgroup: NamespaceChoice;
  /** `host`: no nested user namespace, the container lives in the outer one. */
  readonly user: NamespaceChoice;
}

const order: readonly (readonly [keyof NamespaceChoices, NamespaceType])[] = [
  ["user", "user"], ["pid", "pid"], ["network", "network"], ["ipc", "ipc"], ["uts", "uts"], ["cgroup", "cgroup"],
];

/** The config's list: an entry without a path is a new namespace; no entry means the caller's. */
export function runtimeNamespaces(choices: NamespaceChoices): RuntimeNamespace[] {
  const list = order.flatMap(([key, type]): RuntimeNamespace[] => {
    const choice = choices[key];
    if (choice.kind === "host") return [];
    return [choice.kind === "path" ? { type, path: choice.path } : { type }];
  });
  return [...list, { type: "mount" }];
}

/**
 * Whether the container's user namespace owns a namespace: a new one does; a joined one only if the user namespace is joined
 * from the same process.
 */
export function ownsNamespace(choice: NamespaceChoices[keyof NamespaceChoices], user: NamespaceChoice): boolean {
  if (choice.kind === "private" || choice.kind === "none") return true;
  return choice.kind === "path" && user.kind === "path" && dirOf(choice.path) === dirOf(user.path);
}

function dirOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

import { CalaError } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import type { ContainerView } from "./view.ts";

/** Whether an error says that there is no such container. */
export function isUnknownContainer(error: unknown): boolean {
  return error instanceof CalaError && error.code === "container-unknown";
}

/** The error for a name or an ID that no container has. */
export function unknownContainer(nameOrId: string): CalaError {
  return new CalaError("container-unknown", `no container with name or ID "${nameOrId}" found: no such container`, { hint: "cala ps --all" });
}

/** The error for a verb that needs another state than the container is in (podman's words end in the same phrase). */
export function wrongState(view: ContainerView, action: string, details: { readonly hint?: string; readonly exitCode?: number } = {}): CalaError {
  return new CalaError("container-state-improper", `cannot ${action} the container "${view.record.name}" (${shortId(view.record.id)}): it is ${view.status}: container state improper`, details);
}

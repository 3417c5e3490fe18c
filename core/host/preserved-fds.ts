/** Descriptors of the caller's that a program in a container gets under the same numbers. */
import { fstatSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { inheritedSockets, type InheritedSockets } from "./listen-fds.ts";

/** What `--preserve-fds` and `--preserve-fd` ask for. */
export interface PreserveRequest {
  /** So many, from 3 on. */
  readonly count: number;
  /** These. */
  readonly fds: readonly number[];
}

/** A number for `--preserve-fd`. @throws CalaError */
export function parsePreservedFd(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) < 3) throw new CalaError("preserve-fd-invalid", `"${text}" is no descriptor from 3 on`);
  return Number(text);
}

/**
 * Sockets of a service manager and what else is to be handed on; undefined where there is nothing.
 * @throws CalaError `preserve-fd-unavailable`, `listen-fds-invalid`
 */
export function handedDescriptors(env: Readonly<Record<string, string | undefined>>, request: PreserveRequest): InheritedSockets | undefined {
  const sockets = inheritedSockets(env);
  const asked = [...new Set([...Array.from({ length: request.count }, (_, index) => 3 + index), ...request.fds])];
  if (asked.length === 0) return sockets;
  for (const fd of asked) if (!isOpen(fd)) throw new CalaError("preserve-fd-unavailable", `descriptor ${fd} cannot be handed on: it is not open`, { hint: `cala … ${fd}<FILE` });
  const known = sockets?.fds ?? [];
  const others = asked.filter((fd) => !known.some(({ theirs }) => theirs === fd)).map((fd) => ({ ours: fd, theirs: fd }));
  return { listening: 0, ...sockets, fds: [...known, ...others] };
}

/** What Node has opened for itself is of no kind. */
function isOpen(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    return status.isFile() || status.isDirectory() || status.isFIFO() || status.isSocket() || status.isCharacterDevice() || status.isBlockDevice();
  } catch {
    return false;
  }
}

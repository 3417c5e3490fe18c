/** Sockets that a service manager opened for this process (sd_listen_fds(3)). */
import { fstatSync } from "node:fs";
import { CalaError } from "../base/error.ts";

const firstFd = 3;

/** Descriptors that were handed to this process, under the numbers that a container's program gets them with. */
export interface InheritedSockets {
  readonly fds: readonly { readonly ours: number; readonly theirs: number }[];
  readonly listening: number;
  /** Their names, separated by colons. */
  readonly names?: string;
}

/**
 * What LISTEN_FDS tells of; undefined where nothing was handed over, or it was meant for another process (LISTEN_PID).
 * @throws CalaError `listen-fds-invalid` when the descriptors are not there
 */
export function inheritedSockets(env: Readonly<Record<string, string | undefined>>): InheritedSockets | undefined {
  const count = env["LISTEN_FDS"];
  if (count === undefined || Number(env["LISTEN_PID"]) !== process.pid) return undefined;
  if (!/^\d{1,5}$/.test(count)) throw invalid(`LISTEN_FDS is "${count}", not a number`);
  if (Number(count) === 0) return undefined;
  const fds = Array.from({ length: Number(count) }, (_, index) => ({ ours: firstFd + index, theirs: firstFd + index }));
  for (const { ours } of fds) if (!canBeHanded(ours)) throw invalid(`LISTEN_FDS is ${count}, but descriptor ${ours} is no socket and no file`);
  const names = env["LISTEN_FDNAMES"];
  return { fds, listening: fds.length, ...(names === undefined ? {} : { names }) };
}

/** systemd hands over sockets, pipes, devices and files; what Node has opened for itself is none of these. */
function canBeHanded(fd: number): boolean {
  try {
    const status = fstatSync(fd);
    return status.isSocket() || status.isFIFO() || status.isCharacterDevice() || status.isFile();
  } catch {
    return false;
  }
}

function invalid(what: string): CalaError {
  return new CalaError("listen-fds-invalid", `cannot take over the sockets of a service manager: ${what}`, { hint: "env -u LISTEN_FDS -u LISTEN_PID cala …" });
}

import { closeSync } from "node:fs";
import { isErrno } from "../base/error.ts";
import { pidfdOpen, pidfdSendSignal } from "../sys/pidfd.ts";
import { isProcessAlive, orphanOf } from "./state.ts";

const SIGKILL = 9;

/**
 * Kills the first process of a container that outlived its monitor, and with it everything in its pid namespace.
 * @returns whether there was one
 * @throws SysError
 */
export function killOrphan(dir: string): boolean {
  const orphan = orphanOf(dir);
  if (orphan === undefined) return false;
  try {
    const fd = pidfdOpen(orphan.pid);
    try {
      // Looked at again: the pid may have changed hands before the descriptor was made.
      if (isProcessAlive(orphan.pid, orphan.pidStart)) pidfdSendSignal(fd, SIGKILL);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
  return true;
}

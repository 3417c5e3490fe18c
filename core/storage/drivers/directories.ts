import { chmodSync, mkdirSync, statSync } from "node:fs";
import { isErrno } from "../../base/error.ts";
import type { StackRequest } from "./driver.ts";

/** Makes the upper, work and root directories of a stack; the upper one shows its mode as that of the container's `/`. */
export function makeStackDirectories(stack: Omit<StackRequest, "passing">): void {
  const top = stack.lowers.at(-1);
  const mode = top === undefined ? 0o755 : statSync(top).mode & 0o7777;
  if (makeIfMissing(stack.upper)) chmodSync(stack.upper, mode);
  makeIfMissing(stack.work);
  makeIfMissing(stack.rootfs);
}

function makeIfMissing(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o755 });
    return true;
  } catch (error) {
    if (isErrno(error, "EEXIST")) return false;
    throw error;
  }
}

/** The processes of a container. */
import { readdirSync, readlinkSync } from "node:fs";
import { isErrno } from "../base/error.ts";

/** Everything in the pid namespace of a process, as this process sees it; that process alone where it is our own namespace. */
export function processesOf(pid: number): number[] {
  const namespace = namespaceOf(pid);
  if (namespace === undefined || namespace === namespaceOf(process.pid)) return [pid];
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((each) => namespaceOf(each) === namespace);
}

function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch (error) {
    if (isErrno(error, "ENOENT", "EACCES", "EPERM", "ESRCH")) return undefined;
    throw error;
  }
}

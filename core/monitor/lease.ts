/** `--lease`: the container lives no longer than a process of the host. */
import { CalaError } from "../base/error.ts";
import type { LeaseRequest } from "../spec/request.ts";
import { processStart } from "./state.ts";

/** `pid:NUMBER`, or `parent` for whoever called cala. @throws CalaError `option-value-invalid`, `lease-over` */
export function parseLease(text: string): LeaseRequest {
  const pid = text === "parent" ? process.ppid : /^pid:[1-9]\d{0,9}$/.test(text) ? Number(text.slice(4)) : undefined;
  if (pid === undefined) throw new CalaError("option-value-invalid", `invalid value "${text}" for --lease`, { hint: "write --lease pid:NUMBER or --lease parent" });
  const start = processStart(pid);
  if (start === undefined) throw leaseOver(pid);
  return { pid, start };
}

/** Refuses to start what would have to end at once. @throws CalaError `lease-over` */
export function checkLease(lease: LeaseRequest): void {
  if (processStart(lease.pid) !== lease.start) throw leaseOver(lease.pid);
}

function leaseOver(pid: number): CalaError {
  return new CalaError("lease-over", `the process ${pid} that the container is to be leased to does not run`);
}

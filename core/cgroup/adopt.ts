/** A control group for processes that run already, for `update` of a container that was started without limits. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isErrno } from "../base/error.ts";
import { findProgram } from "../host/find-program.ts";
import { cgroupRoot, detectCgroups, processCgroup, readWords } from "./detect.ts";
import { notDelegated, withoutV2 } from "./missing.ts";
import { placeIn, type CgroupPlacement } from "./place.ts";
import { neededControllers, type LimitFile } from "./limits.ts";
import { processesOf } from "./processes.ts";
import { scopeCall } from "./scope.ts";

const deadlineMs = 20_000;
const othersMs = 1000;
const nothing: CgroupPlacement = { paths: [], limits: [], warnings: [] };

/** The pids of a running container. */
export interface AdoptedContainer {
  readonly id: string;
  /** Its first process. */
  readonly pid: number;
  readonly monitorPid: number;
}

/**
 * Has systemd put a container's processes and its monitor into a new scope, and there into a group of their own; nothing is written to
 * the group yet. @returns where it is, or a warning where there is no way
 */
export async function adoptContainer(container: AdoptedContainer, files: readonly LimitFile[]): Promise<CgroupPlacement> {
  const support = detectCgroups();
  const refuse = (warning: string): CgroupPlacement => ({ ...nothing, warnings: [warning] });
  if (support.kind !== "unified") return refuse(withoutV2(neededControllers(files), support));
  const program = findProgram("busctl");
  if (support.runtimeDir === undefined || program === undefined) return refuse(notDelegated(neededControllers(files)));
  const name = `cala-${container.id.slice(0, 12)}-${process.pid}`;
  const pids = processesOf(container.pid);
  const call = scopeCall(name, { description: `cala container ${container.id.slice(0, 12)}` }, [container.monitorPid, ...pids]);
  const result = spawnSync(program, call, { env: { ...process.env, XDG_RUNTIME_DIR: support.runtimeDir }, encoding: "utf8", timeout: deadlineMs, stdio: ["ignore", "ignore", "pipe"] });
  if (result.status !== 0) return refuse(`the limits are not applied: systemd refused the scope "${name}.scope": ${(result.stderr || String(result.error ?? "")).trim()}`);
  const scope = await scopeOf(container, pids, name);
  if (scope === undefined) return refuse(`the limits are not applied: systemd did not move the container's processes into "${name}.scope"; start it anew`);
  return await settle(scope, name, container, files);
}

/**
 * Waits until systemd, which moves the processes one by one in no order of ours, has moved the monitor and the first process, and for a
 * while for the others, some of which may belong to users of whom it moves none.
 */
async function scopeOf(container: AdoptedContainer, pids: readonly number[], name: string): Promise<string | undefined> {
  const outside = (each: readonly number[]): boolean => each.some((pid) => {
    const group = processCgroup(pid);
    return group !== undefined && !group.endsWith(`/${name}.scope`);
  });
  const waitFor = async (each: readonly number[], milliseconds: number): Promise<boolean> => {
    for (const end = Date.now() + milliseconds; outside(each); await sleep(5)) if (Date.now() > end) return false;
    return true;
  };
  if (!await waitFor([container.monitorPid, container.pid], deadlineMs)) return undefined;
  await waitFor(pids, othersMs);
  const group = processCgroup(container.pid);
  return group === undefined ? undefined : join(cgroupRoot, group);
}

/** Out of the scope itself, which cannot hand controllers on while it has processes: the monitor into a leaf, the rest into the group. */
async function settle(scope: string, name: string, container: AdoptedContainer, files: readonly LimitFile[]): Promise<CgroupPlacement> {
  const group = join(scope, name);
  for (const directory of [join(scope, "supervisor"), group]) mkdirSync(directory, { recursive: true });
  const move = (directory: string, pid: number): void => {
    try {
      writeFileSync(join(directory, "cgroup.procs"), String(pid));
    } catch (error) {
      if (!isErrno(error, "ESRCH")) throw error;
    }
  };
  move(join(scope, "supervisor"), container.monitorPid);
  // What is forked meanwhile is in the scope, too.
  for (const end = Date.now() + deadlineMs; Date.now() < end; await sleep(1)) {
    const left = readWords(join(scope, "cgroup.procs"));
    if (left.length === 0) break;
    const inside = new Set(processesOf(container.pid));
    for (const pid of left.map(Number)) move(inside.has(pid) ? group : join(scope, "supervisor"), pid);
  }
  const placement = placeIn(scope, name, files);
  const outside = processesOf(container.pid).filter((pid) => processCgroup(pid)?.startsWith(group.slice(cgroupRoot.length)) !== true).length;
  return outside === 0 ? placement : { ...placement, warnings: [...placement.warnings, `${outside} processes of other users of the container stay without these limits until it is started anew`] };
}

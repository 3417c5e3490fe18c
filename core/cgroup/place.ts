/** Where a container's control group goes, and what of its limits can be kept there. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { reasonOf } from "../base/error.ts";
import { cgroupRoot, detectCgroups, isWritable, readWords, type CgroupSupport } from "./detect.ts";
import { limitFiles, neededControllers, type Controller, type LimitFile, type Limits } from "./limits.ts";
import { enterScope } from "./scope.ts";

/** Where a container's group is and what to write there. */
export interface CgroupPlacement {
  /** Directories that the monitor makes, joins and removes; empty: the container stays in its starter's group. */
  readonly paths: readonly string[];
  /** Absolute files. */
  readonly limits: readonly { readonly file: string; readonly value: string; readonly optional: boolean }[];
  /** At most one line. */
  readonly warnings: readonly string[];
}

const nothing: CgroupPlacement = { paths: [], limits: [], warnings: [] };
const delegationFix = "sudo mkdir -p /etc/systemd/system/user@.service.d && printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' | sudo tee /etc/systemd/system/user@.service.d/delegate.conf && sudo systemctl daemon-reload, then log in again";
const unifiedFix = "boot with the kernel parameter systemd.unified_cgroup_hierarchy=1";

let last: Promise<unknown> = Promise.resolve();

/**
 * Finds a group for the container's limits; where systemd must be asked for it, this process (and so the monitor that it
 * starts) moves into the new scope. Without limits nothing is done, and nothing is asked. What cannot be kept becomes one
 * warning. Several at once go one after the other, for a process is in one group only; the later ones share the scope.
 * @throws CalaError `limit-invalid`
 */
export async function placeCgroup(id: string, limits: Limits, support?: CgroupSupport): Promise<CgroupPlacement> {
  const files = limitFiles(limits);
  if (files.length === 0) return nothing;
  const placement = last.then(async () => await place(id, files, support ?? detectCgroups()));
  last = placement.catch(() => undefined);
  return await placement;
}

async function place(id: string, files: readonly LimitFile[], support: CgroupSupport): Promise<CgroupPlacement> {
  const needed = neededControllers(files);
  if (support.kind !== "unified") return { ...nothing, warnings: [withoutV2(needed, support)] };
  const name = `cala-${id.slice(0, 12)}-${process.pid}`;
  try {
    const parent = delegatedParent(support.own, needed) ?? (support.runtimeDir === undefined ? undefined : await scopeParent(name, id, support.runtimeDir));
    return parent === undefined ? { ...nothing, warnings: [notDelegated(needed)] } : placeIn(parent, name, files);
  } catch (error) {
    return { ...nothing, warnings: [`${listed(needed)} not applied: ${reasonOf(error)}`] };
  }
}

/**
 * The scope that this process moved into for another container; else the nearest group upwards, within our own systemd unit,
 * that this user may divide and that hands every needed controller on.
 */
export function delegatedParent(own: string, needed: readonly Controller[]): string | undefined {
  if (/\/cala-[^/]+\.scope\/supervisor$/.test(own)) return dirname(own);
  return groupsOfUnit(own).find((directory) => {
    const given = readWords(join(directory, "cgroup.subtree_control"));
    return needed.every((controller) => given.includes(controller)) && isWritable(directory);
  });
}

/**
 * A group and those above it up to its systemd unit. What is above the unit belongs to systemd, even where its files are the
 * user's: each part of the tree has a single writer (systemd's CGROUP_DELEGATION).
 */
export function groupsOfUnit(own: string): string[] {
  const groups: string[] = [];
  for (let directory = own; directory !== cgroupRoot && directory !== "/"; directory = dirname(directory)) {
    groups.push(directory);
    if (/\.(scope|service)$/.test(directory)) return groups;
  }
  return groups.slice(0, 1);
}

/** A group with processes of its own cannot hand controllers to children, so this process goes into a leaf of the scope. */
async function scopeParent(name: string, id: string, runtimeDir: string): Promise<string> {
  const scope = join(cgroupRoot, await enterScope(name, `cala container ${id.slice(0, 12)}`, runtimeDir));
  const leaf = join(scope, "supervisor");
  mkdirSync(leaf);
  writeFileSync(join(leaf, "cgroup.procs"), String(process.pid));
  return scope;
}

/** Hands on the controllers that are there, and leaves out the limits of those that are not. */
export function placeIn(parent: string, name: string, files: readonly LimitFile[]): CgroupPlacement {
  const available = readWords(join(parent, "cgroup.controllers"));
  const enabled = readWords(join(parent, "cgroup.subtree_control"));
  const usable = neededControllers(files).filter((controller) => enabled.includes(controller) || (available.includes(controller) && enable(parent, controller)));
  const missing = neededControllers(files).filter((controller) => !usable.includes(controller));
  const path = join(parent, parent.endsWith(`${name}.scope`) ? "container" : name);
  return {
    paths: [path],
    limits: files.filter(({ controller }) => usable.includes(controller)).map(({ file, value, optional }) => ({ file: join(path, file), value, optional })),
    warnings: missing.length === 0 ? [] : [notDelegated(missing)],
  };
}

function enable(parent: string, controller: Controller): boolean {
  try {
    writeFileSync(join(parent, "cgroup.subtree_control"), `+${controller}`);
    return true;
  } catch {
    return false;
  }
}

/** `the cpu limit is` or `the memory and cpu limits are`. */
function listed(controllers: readonly Controller[]): string {
  return controllers.length === 1 ? `the ${controllers[0] ?? ""} limit is` : `the ${controllers.slice(0, -1).join(", ")} and ${controllers.at(-1) ?? ""} limits are`;
}

function named(controllers: readonly Controller[]): string {
  return controllers.length === 1 ? `controller "${controllers[0] ?? ""}" is` : `controllers ${controllers.map((controller) => `"${controller}"`).join(", ")} are`;
}

function notDelegated(missing: readonly Controller[]): string {
  return `${listed(missing)} not applied: the cgroup ${named(missing)} not delegated to this user; fix: ${delegationFix}`;
}

function withoutV2(needed: readonly Controller[], support: CgroupSupport): string {
  const state = support.kind === "none" ? "no control groups are mounted" : `this host uses cgroup v1${support.kind === "hybrid" ? " (hybrid)" : ""}`;
  return `${listed(needed)} not applied: the cgroup v2 ${named(needed)} missing, ${state}; fix: ${unifiedFix}`;
}

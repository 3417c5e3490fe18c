/** Where a container's control group goes, and what of its limits can be kept there. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CalaError, reasonOf } from "../base/error.ts";
import { cgroupRoot, detectCgroups, isWritable, readWords, type CgroupSupport } from "./detect.ts";
import { limitFiles, neededControllers, type Controller, type LimitFile, type Limits } from "./limits.ts";
import { listed, notDelegated, withoutV2 } from "./missing.ts";
import { enterScope } from "./scope.ts";
import { keepWeights } from "./weights.ts";

/** Where a container's group is and what to write there. */
export interface CgroupPlacement {
  /** Directories that the monitor makes, joins and removes; empty: the container stays in its starter's group. */
  readonly paths: readonly string[];
  /** Absolute files. */
  readonly limits: readonly { readonly file: string; readonly value: string; readonly optional: boolean }[];
  /** At most one line. */
  readonly warnings: readonly string[];
}

/** Where the container's control group is to be. */
export interface CgroupRequest {
  /**
   * `enabled` and `no-conmon` make one even without limits (the monitor is never in it), `split` makes it in the starter's own;
   * absent: one where there are limits.
   */
  readonly mode?: "enabled" | "disabled" | "no-conmon" | "split";
  /** A slice of systemd's (`web.slice`), or a path below the root of the control groups. */
  readonly parent?: string;
  /** A limit that cannot be kept is an error. */
  readonly strict: boolean;
}

const nothing: CgroupPlacement = { paths: [], limits: [], warnings: [] };

let last: Promise<unknown> = Promise.resolve();

/**
 * Finds a group for the container's limits; where systemd must be asked for it, this process (and so the monitor that it
 * starts) moves into the new scope. Without limits nothing is done, and nothing is asked, unless a group is asked for. What cannot be kept
 * becomes one warning, or an error when it was said to be strict. Several at once go one after the other, for a process is in one group
 * only; the later ones share the scope.
 * @throws CalaError `limit-invalid`, `limits-unavailable`, `cgroup-parent-unusable`
 */
export async function placeCgroup(id: string, limits: Limits, request: CgroupRequest = { strict: false }, support?: CgroupSupport): Promise<CgroupPlacement> {
  const files = limitFiles(limits);
  if (request.mode === "disabled" || (files.length === 0 && request.mode === undefined && request.parent === undefined)) return nothing;
  const placement = last.then(async () => await place({ id, files, request, support: support ?? detectCgroups() }));
  last = placement.catch(() => undefined);
  const found = await placement;
  const [warning] = found.warnings;
  if (warning !== undefined && request.strict) throw unavailable(warning);
  return found;
}

/** The warning as an error, its fix as the hint. */
function unavailable(warning: string): CalaError {
  const [message = warning, fix] = warning.split("; fix: ");
  return new CalaError("limits-unavailable", message, fix === undefined ? {} : { hint: fix });
}

interface Wish {
  readonly id: string;
  readonly files: readonly LimitFile[];
  readonly request: CgroupRequest;
  readonly support: CgroupSupport;
}

async function place(wish: Wish): Promise<CgroupPlacement> {
  const { id, files, request, support } = wish;
  const needed = neededControllers(files);
  if (support.kind !== "unified") {
    if (request.parent !== undefined) throw unusableParent(request.parent, "this host has no cgroup v2 to make groups in");
    return files.length === 0 ? nothing : { ...nothing, warnings: [withoutV2(needed, support)] };
  }
  const name = `cala-${id.slice(0, 12)}-${process.pid}`;
  try {
    const parent = await findParent(wish, name, needed);
    return parent === undefined ? { ...nothing, warnings: [notDelegated(needed)] } : placeIn(parent, name, files);
  } catch (error) {
    if (request.parent !== undefined) throw unusableParent(request.parent, reasonOf(error));
    return { ...nothing, warnings: [`${files.length === 0 ? "a control group is" : listed(needed)} not ${files.length === 0 ? "made" : "applied"}: ${reasonOf(error)}`] };
  }
}

async function findParent({ id, request, support }: Wish, name: string, needed: readonly Controller[]): Promise<string | undefined> {
  const { mode, parent } = request;
  if (mode === "split") return intoLeaf(support.own);
  if (parent !== undefined && !parent.endsWith(".slice")) return ownParent(parent);
  const delegated = parent === undefined ? delegatedParent(support.own, support.onlySystemd === true ? [] : needed) : undefined;
  if (support.onlySystemd === true && support.runtimeDir === undefined) throw new CalaError("cgroup-manager-unavailable", "systemd's user manager does not run here");
  if (delegated !== undefined || support.runtimeDir === undefined) return delegated;
  return await scopeParent(name, { description: `cala container ${id.slice(0, 12)}`, ...(parent === undefined ? {} : { slice: parent }) }, support.runtimeDir);
}

/** A path of the user's choice, made where it is missing; processes can be moved there only within one delegated tree. */
function ownParent(parent: string): string {
  const path = resolve(cgroupRoot, `./${parent}`);
  if (!`${path}/`.startsWith(`${cgroupRoot}/`)) throw new CalaError("cgroup-parent-unusable", "it leads out of the control groups");
  if (!existsSync(path)) mkdirSync(path, { recursive: true });
  if (!isWritable(path)) throw new CalaError("cgroup-parent-unusable", `"${path}" is not this user's to divide`);
  return path;
}

function unusableParent(parent: string, reason: string): CalaError {
  return new CalaError("cgroup-parent-unusable", `cannot make a control group in "${parent}": ${reason}`, { hint: "name a slice of systemd's user manager, as in --cgroup-parent web.slice" });
}

/**
 * The scope that this process moved into for another container; else the nearest group upwards, within our own systemd unit,
 * that this user may divide and that hands every needed controller on.
 */
export function delegatedParent(own: string, needed: readonly Controller[]): string | undefined {
  if (/\/cala-[^/]+\.scope\/supervisor$/.test(own)) return dirname(own);
  return groupsOfUnit(own).find((directory) => {
    const given = readWords(join(directory, "cgroup.subtree_control"));
    return needed.length > 0 && needed.every((controller) => given.includes(controller)) && isWritable(directory);
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

/** A new scope for this process. */
async function scopeParent(name: string, unit: { readonly description: string; readonly slice?: string }, runtimeDir: string): Promise<string> {
  return intoLeaf(join(cgroupRoot, await enterScope(name, unit, runtimeDir)));
}

/** A group with processes of its own cannot hand controllers to children, so this process goes into a leaf of it. */
function intoLeaf(group: string): string {
  const leaf = join(group, "supervisor");
  mkdirSync(leaf, { recursive: true });
  writeFileSync(join(leaf, "cgroup.procs"), String(process.pid));
  return group;
}

/** Hands on the controllers that are there, and leaves out the limits of those that are not. */
export function placeIn(parent: string, name: string, files: readonly LimitFile[]): CgroupPlacement {
  const available = readWords(join(parent, "cgroup.controllers"));
  const enabled = readWords(join(parent, "cgroup.subtree_control"));
  const usable = neededControllers(files).filter((controller) => enabled.includes(controller) || (available.includes(controller) && enable(parent, controller)));
  const missing = neededControllers(files).filter((controller) => !usable.includes(controller));
  const path = join(parent, name);
  const { kept, warnings } = keepWeights(parent, files.filter(({ controller }) => controller === undefined || usable.includes(controller)));
  return {
    paths: [path],
    limits: kept.map(({ file, value, optional }) => ({ file: join(path, file), value, optional })),
    warnings: missing.length === 0 ? warnings : [notDelegated(missing)],
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

/**
 * The snapshots that lie between a container's own changes and its image's layers; `containers/ID/chain.json`. A snapshot is an upper
 * directory that was renamed to `snapshots/SID/tree`; containers share it by naming it, and what nobody names is collected.
 *
 * A step that renames first writes what it is about to do as `pending`. Whoever reads can tell whether the rename has happened, so a kill at any
 * moment leaves the state before the step or the one after it.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Dirs } from "../dirs/dirs.ts";
import { snapshotDir } from "../dirs/paths.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { writeJson } from "../fs/write-atomic.ts";

/** A state of a container's files under a name. */
export interface SnapshotTag {
  readonly tag: string;
  /** Ids, lowest first. */
  readonly chain: readonly string[];
  /** RFC 3339. */
  readonly createdAt: string;
}

/** What a container's files are made of above its image. */
export interface Chain {
  /** Ids, lowest first. */
  readonly chain: readonly string[];
  readonly tags: readonly SnapshotTag[];
}

interface StoredChain extends Chain {
  readonly version: 1;
  readonly pending?:
    | { readonly kind: "snapshot"; readonly id: string; readonly next: Chain }
    | { readonly kind: "rollback"; readonly next: Chain };
}

/** The files of a chain, beside the container's others. */
export const chainFile = (dir: string): string => join(dir, "chain.json");
/** The upper directory that a rollback has put aside. */
export const discardedUpper = (dir: string): string => join(dir, "upper.old");
/** What a snapshot has in it. */
export const snapshotTree = (dirs: Dirs, id: string): string => join(snapshotDir(dirs, id), "tree");

const none: Chain = { chain: [], tags: [] };

/** The chain of a container, as its last complete step left it. @throws CalaError `file-damaged` */
export function readChain(dirs: Dirs, dir: string): Chain {
  const stored = readJsonIfThere<StoredChain>(chainFile(dir));
  if (stored === undefined) return none;
  const { chain, tags, pending } = stored;
  const happened = pending !== undefined && existsSync(pending.kind === "snapshot" ? snapshotTree(dirs, pending.id) : discardedUpper(dir));
  return happened ? { chain: pending.next.chain, tags: pending.next.tags } : { chain, tags };
}

/** Every snapshot that a container names, also the one it may be about to make. */
export function snapshotsNamed(dir: string): string[] {
  const stored = readJsonIfThere<StoredChain>(chainFile(dir));
  if (stored === undefined) return [];
  const all = [stored, ...(stored.pending === undefined ? [] : [stored.pending.next])];
  return all.flatMap(({ chain, tags }) => [...chain, ...tags.flatMap((tag) => tag.chain)]);
}

/** Whether a container has ever had a snapshot. */
export function hasChain(dir: string): boolean {
  return existsSync(chainFile(dir));
}

/** Writes what is about to be done; the caller holds the container's lock. */
export function announce(dir: string, present: Chain, pending: NonNullable<StoredChain["pending"]>): void {
  writeJson(chainFile(dir), { version: 1, ...present, pending } satisfies StoredChain, { durable: true });
}

/** Writes a chain that nothing is pending for; the caller holds the container's lock. */
export function settle(dir: string, chain: Chain): void {
  writeJson(chainFile(dir), { version: 1, ...chain } satisfies StoredChain, { durable: true });
}

/** Trees of the snapshots, lowest first. */
export function chainTrees(dirs: Dirs, dir: string): string[] {
  return readChain(dirs, dir).chain.map((id) => snapshotTree(dirs, id));
}


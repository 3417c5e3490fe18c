/** Snapshots of a container's files: kept, gone back to, shared by forks; nothing is copied. What is mounted is no part of them. */
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { timestamp } from "../base/clock.ts";
import { CalaError, isErrno } from "../base/error.ts";
import { newId } from "../base/id.ts";
import { containerDir, containerFiles, snapshotDir } from "../dirs/paths.ts";
import type { Engine } from "../engine.ts";
import { writeJson } from "../fs/write-atomic.ts";
import { errorOfWords, spawnInNamespace } from "../idmap/spawn-in-namespace.ts";
import { removeTrees } from "../idmap/remove-trees.ts";
import { announce, discardedUpper, hasChain, readChain, settle, snapshotTree, type Chain, type SnapshotTag } from "../storage/chain.ts";
import { findDriver } from "../storage/choose-driver.ts";
import { withStore } from "../storage/with-store.ts";
import { wrongState } from "./errors.ts";
import { withContainerLock } from "./lock.ts";
import { prepareLaunch } from "./launch.ts";
import type { ContainerRecord } from "./record.ts";
import { isAlive, viewOf } from "./view.ts";

/** The snapshots of a container, oldest first. */
export function listSnapshots(engine: Engine, record: ContainerRecord): readonly SnapshotTag[] {
  return readChain(engine.dirs, containerDir(engine.dirs, record.id)).tags;
}

/** Keeps the present files under a name. @returns the name @throws CalaError `snapshot-exists`, `snapshot-name-invalid`, `container-state-improper`, `snapshot-unsupported` */
export async function takeSnapshot(engine: Engine, record: ContainerRecord, tag?: string): Promise<string> {
  return await withStill(engine, record, "take a snapshot of", async (present, dir, chain) => {
    const name = tag ?? freeTag(chain);
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(name)) throw new CalaError("snapshot-name-invalid", `invalid snapshot name "${name}": names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*`);
    if (chain.tags.some((other) => other.tag === name)) throw new CalaError("snapshot-exists", `the container "${present.name}" has a snapshot "${name}" already`, { hint: `cala container snapshot --rm ${present.name} ${name}` });
    await freeze(engine, present, dir, chain, name);
    return name;
  });
}

/** Makes the files what they were at a snapshot; what was changed since is lost. @throws CalaError `snapshot-unknown`, `container-state-improper` */
export async function rollBack(engine: Engine, record: ContainerRecord, tag: string): Promise<void> {
  await withStill(engine, record, "roll back", async (present, dir, chain) => {
    const wanted = requireTag(present, chain, tag);
    announce(dir, chain, { kind: "rollback", next: { chain: wanted.chain, tags: chain.tags } });
    await move(engine, containerFiles.upper(dir), discardedUpper(dir));
    settle(dir, { chain: wanted.chain, tags: chain.tags });
    await removeTrees(engine, [discardedUpper(dir)]);
    await prepareLaunch(engine, present, "create");
  });
  await (await import("./collect-snapshots.ts")).collectSnapshots(engine);
}

/** Forgets snapshots; the container's files stay as they are. @throws CalaError `snapshot-unknown` */
export async function forgetSnapshots(engine: Engine, record: ContainerRecord, tags: readonly string[]): Promise<void> {
  await withContainerLock(engine, record, (present) => {
    const dir = containerDir(engine.dirs, present.id);
    const chain = readChain(engine.dirs, dir);
    for (const tag of tags) requireTag(present, chain, tag);
    settle(dir, { chain: chain.chain, tags: chain.tags.filter(({ tag }) => !tags.includes(tag)) });
  });
  await (await import("./collect-snapshots.ts")).collectSnapshots(engine);
}

/** The chain of a container's files as they are now, for a fork to share; its own changes become a snapshot without a name first. */
export async function sharedChain(engine: Engine, record: ContainerRecord): Promise<readonly string[]> {
  return await withStill(engine, record, "fork", async (present, dir, chain) => (await freeze(engine, present, dir, chain, undefined)).chain);
}

/** Runs `work` while the container does not run and nobody starts it, with what a killed step left brought to an end. */
async function withStill<T>(engine: Engine, record: ContainerRecord, action: string, work: (present: ContainerRecord, dir: string, chain: Chain) => Promise<T>): Promise<T> {
  if (!findDriver(record.storageDriver).keepsChangesApart) {
    throw new CalaError("snapshot-unsupported", `cannot ${action} the container "${record.name}": the storage driver ${record.storageDriver} does not keep its changes apart from its image`, { hint: `cala commit ${record.name} IMAGE` });
  }
  // The store's lock, shared: what is on its way into a chain is not collected.
  return await withStore(engine.dirs, "shared", async () => await withContainerLock(engine, record, async (present) => {
    const view = viewOf(engine.dirs, present);
    if (isAlive(view)) throw wrongState(view, action, { hint: `cala stop ${present.name}` });
    const dir = containerDir(engine.dirs, present.id);
    const chain = readChain(engine.dirs, dir);
    if (hasChain(dir)) settle(dir, chain);
    if (existsSync(discardedUpper(dir))) await removeTrees(engine, [discardedUpper(dir)]);
    return await work(present, dir, chain);
  }));
}

/** The upper directory becomes a snapshot, and a new one takes its place. */
async function freeze(engine: Engine, record: ContainerRecord, dir: string, chain: Chain, tag: string | undefined): Promise<Chain> {
  const createdAt = timestamp();
  const withTag = (ids: readonly string[]): Chain => ({ chain: ids, tags: tag === undefined ? chain.tags : [...chain.tags, { tag, chain: ids, createdAt }] });
  if (chain.chain.length > 0 && isEmpty(containerFiles.upper(dir))) {
    settle(dir, withTag(chain.chain));
    return withTag(chain.chain);
  }
  const id = newId().slice(0, 32);
  const next = withTag([...chain.chain, id]);
  mkdirSync(snapshotDir(engine.dirs, id), { recursive: true, mode: 0o711 });
  writeJson(`${snapshotDir(engine.dirs, id)}/record.json`, { version: 1, id, container: record.id, createdAt });
  announce(dir, chain, { kind: "snapshot", id, next });
  await move(engine, containerFiles.upper(dir), snapshotTree(engine.dirs, id));
  settle(dir, next);
  // The stack is another one now; the next start, and cp before it, mount what the plan says.
  await prepareLaunch(engine, record, "create");
  if (statSync(snapshotTree(engine.dirs, id)).uid !== process.getuid?.()) await inNamespace(engine, ["chown", "--reference", snapshotTree(engine.dirs, id), containerFiles.upper(dir)]);
  return next;
}

/** Nothing was written since the last snapshot; what may not be looked into is not empty. */
function isEmpty(upper: string): boolean {
  try {
    return readdirSync(upper).length === 0;
  } catch {
    return false;
  }
}

function requireTag(record: ContainerRecord, chain: Chain, tag: string): SnapshotTag {
  const found = chain.tags.find((other) => other.tag === tag);
  if (found === undefined) throw new CalaError("snapshot-unknown", `the container "${record.name}" has no snapshot "${tag}"`, { hint: `cala container snapshots ${record.name}` });
  return found;
}

function freeTag(chain: Chain): string {
  for (let number = chain.tags.length + 1; ; number += 1) if (!chain.tags.some(({ tag }) => tag === `snapshot-${number}`)) return `snapshot-${number}`;
}

/** A rename; of a directory that the container gave to another id, as root of the user namespace. */
async function move(engine: Engine, from: string, to: string): Promise<void> {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isErrno(error, "EACCES", "EPERM")) throw error;
    await inNamespace(engine, ["mv", "-T", "--", from, to]);
  }
}

async function inNamespace(engine: Engine, argv: readonly string[]): Promise<void> {
  const { child, ended, words } = spawnInNamespace(engine, argv, "ignore");
  child.stdout?.resume();
  if (await ended !== 0) throw errorOfWords(words(), "tree-not-moved", "cannot set the container's changes aside");
}

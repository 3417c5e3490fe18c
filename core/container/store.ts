/** Reading and naming container directories. A directory without record.json is one that is being made, or was when its maker died. */
import { mkdirSync, readlinkSync, symlinkSync, unlinkSync, existsSync, openSync } from "node:fs";
import { CalaError, isErrno } from "../base/error.ts";
import { isIdPrefix, shortId } from "../base/id.ts";
import type { Dirs } from "../dirs/dirs.ts";
import { containerDir, containerFiles, containerNameLink, containerNamesDir, containersDir } from "../dirs/paths.ts";
import { namesIn } from "../fs/list-names.ts";
import { readJsonIfThere } from "../fs/read-json.ts";
import { lockable } from "../lock/stand-in.ts";
import { unknownContainer } from "./errors.ts";
import type { ContainerRecord } from "./record.ts";

/** Ids of all container directories, in no order. */
export function listContainerIds(dirs: Dirs): string[] {
  return namesIn(containersDir(dirs));
}

/**
 * One record, or undefined where there is no such container (or it is still being made).
 * @throws CalaError `container-damaged`
 */
export function readRecordIfThere(dirs: Dirs, id: string): ContainerRecord | undefined {
  try {
    const record = readJsonIfThere<ContainerRecord | null>(containerFiles.record(containerDir(dirs, id)));
    if (record === undefined || record?.id === id) return record;
  } catch (error) {
    if (!(error instanceof CalaError)) throw error;
  }
  throw new CalaError("container-damaged", `the record of container "${shortId(id)}" is damaged`, { hint: `cala rm --force ${shortId(id)}` });
}

/** Whether an error says that a container's record is damaged. */
export function isDamaged(error: unknown): boolean {
  return error instanceof CalaError && error.code === "container-damaged";
}

/** What to say of a damaged container in passing. */
export function damageNotice(id: string): string {
  return `container ${shortId(id)} is left out: its record is damaged (cala rm --force ${shortId(id)} removes it)`;
}

/** All records, oldest first. @throws CalaError `container-damaged` unless `onDamaged` is told instead */
export function listRecords(dirs: Dirs, onDamaged?: (id: string) => void): ContainerRecord[] {
  const records = listContainerIds(dirs).flatMap((id) => {
    try {
      return readRecordIfThere(dirs, id) ?? [];
    } catch (error) {
      if (onDamaged === undefined || !isDamaged(error)) throw error;
      onDamaged(id);
      return [];
    }
  });
  return records.sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0));
}

/** The id that a name stands for. */
export function idOfName(dirs: Dirs, name: string): string | undefined {
  if (name.includes("/") || name === "" || name === "." || name === "..") return undefined;
  try {
    return readlinkSync(containerNameLink(dirs, name));
  } catch (error) {
    if (isErrno(error, "ENOENT", "EINVAL", "ENAMETOOLONG")) return undefined;
    throw error;
  }
}

/**
 * The container that a name, an id or an id's beginning means.
 * @throws CalaError `container-unknown`, `container-ambiguous`, `container-damaged`
 */
export function findContainer(dirs: Dirs, nameOrId: string): ContainerRecord {
  const named = idOfName(dirs, nameOrId.replace(/^\//, ""));
  const record = (named === undefined ? undefined : readRecordIfThere(dirs, named)) ?? findById(dirs, nameOrId);
  if (record !== undefined) return record;
  throw unknownContainer(nameOrId);
}

/** The ids that begin so; none where that cannot be the beginning of an id. */
export function matchingIds(dirs: Dirs, prefix: string): string[] {
  return isIdPrefix(prefix) ? listContainerIds(dirs).filter((id) => id.startsWith(prefix)) : [];
}

function findById(dirs: Dirs, prefix: string): ContainerRecord | undefined {
  if (!isIdPrefix(prefix)) return undefined;
  if (prefix.length === 64) return readRecordIfThere(dirs, prefix);
  const matches = matchingIds(dirs, prefix).flatMap((id) => readRecordIfThere(dirs, id) ?? []);
  if (matches.length > 1) {
    throw new CalaError("container-ambiguous", `more than one container has an ID that begins with "${prefix}"`, { hint: "give more digits of the ID, or the name" });
  }
  return matches[0];
}

/**
 * Makes `name` mean `id`; the exclusive creation of a symbolic link decides between two at once.
 * @returns false when another container has the name
 */
export function reserveName(dirs: Dirs, name: string, id: string): boolean {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      symlinkSync(id, containerNameLink(dirs, name));
      return true;
    } catch (error) {
      if (isErrno(error, "ENOENT")) mkdirSync(containerNamesDir(dirs), { recursive: true, mode: 0o700 });
      else if (!isErrno(error, "EEXIST")) throw error;
      else if (!releaseStaleName(dirs, name)) return false;
    }
  }
  return false;
}

/** Removes a name whose container is gone or whose maker died before finishing. */
function releaseStaleName(dirs: Dirs, name: string): boolean {
  const holder = idOfName(dirs, name);
  if (holder === undefined) return true;
  const dir = containerDir(dirs, holder);
  if (existsSync(containerFiles.record(dir)) || isBeingMade(dir)) return false;
  releaseName(dirs, name);
  return true;
}

/** Whether a living process is making this container: it holds the container's lock meanwhile. */
export function isBeingMade(dir: string): boolean {
  let fd: number;
  try {
    fd = openSync(containerFiles.lock(dir), "r");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
  const file = lockable(fd, containerFiles.lock(dir));
  try {
    return !file.take("exclusive");
  } finally {
    file.close();
  }
}

/** Frees a name. */
export function releaseName(dirs: Dirs, name: string): void {
  try {
    unlinkSync(containerNameLink(dirs, name));
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}

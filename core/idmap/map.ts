/** Arithmetic of user namespace maps. Pure. */
import { CalaError } from "../base/error.ts";

/** One line of a uid_map: `count` ids from `inside` in the namespace are those from `outside` in its parent. */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** The maps of a user namespace. */
export interface IdRanges {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
}

/** Lines as the kernel, newuidmap and the native program take them: `inside outside count`. */
export function mapLines(map: readonly IdRange[]): string[] {
  return map.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`);
}

/** The words that tell the native `userns-exec` applet a map, which is used only where the namespace does not exist yet. */
export function mapArgument(ids: IdRanges): string[] {
  return ["--uid-map", mapLines(ids.uids).join(";"), "--gid-map", mapLines(ids.gids).join(";")];
}

/** The parent's id for one inside, or undefined where it is not mapped. */
export function toOutside(map: readonly IdRange[], id: number): number | undefined {
  const range = map.find(({ inside, count }) => id >= inside && id < inside + count);
  return range === undefined ? undefined : range.outside + (id - range.inside);
}

/** The inner id for one of the parent's, or undefined where it is not mapped. */
export function toInside(map: readonly IdRange[], id: number): number | undefined {
  const range = map.find(({ outside, count }) => id >= outside && id < outside + count);
  return range === undefined ? undefined : range.inside + (id - range.outside);
}

/** How many ids a map holds. */
export function mapSize(map: readonly IdRange[]): number {
  return map.reduce((sum, { count }) => sum + count, 0);
}

/**
 * Cuts the ranges of a nested map where the parent's own map has a seam: the kernel refuses (EPERM) a line whose outside ids
 * lie in two lines of the parent, even where they follow each other. Ids that the parent does not have are left out.
 */
export function splitAlong(map: readonly IdRange[], parent: readonly IdRange[]): IdRange[] {
  return map.flatMap((range) => parent.flatMap((extent): IdRange[] => {
    const from = Math.max(range.outside, extent.inside);
    const to = Math.min(range.outside + range.count, extent.inside + extent.count);
    return to <= from ? [] : [{ inside: range.inside + (from - range.outside), outside: from, count: to - from }];
  })).sort((left, right) => left.inside - right.inside);
}

/** The map from the inner namespace straight to the grandparent. */
export function composeMaps(inner: readonly IdRange[], outer: readonly IdRange[]): IdRange[] {
  return splitAlong(inner, outer).map((range) => ({ ...range, outside: toOutside(outer, range.outside) ?? range.outside }));
}

/** Every id of the parent as itself, one line per line of the parent. */
export function identityOver(parent: readonly IdRange[]): IdRange[] {
  return parent.map(({ inside, count }) => ({ inside, outside: inside, count }));
}

/**
 * The nested map in which `id` is the user (0 in the outer namespace) and 0 takes the place that `id` leaves; every other id stays where it
 * is, so that volumes look alike in containers of any mode. `size`: how many ids the map has, all unless given.
 * @throws CalaError `userns-too-small`
 */
export function keepIdMap(id: number, outer: readonly IdRange[], size = mapSize(outer)): IdRange[] {
  const count = Math.min(size, mapSize(outer));
  if (count < 2 && id > 0) {
    throw new CalaError("userns-too-small", `cannot keep the id ${id}: this user has only ${count} ids for containers`, { hint: "add a range to /etc/subuid and /etc/subgid (cala info)" });
  }
  if (id === 0) return splitAlong([{ inside: 0, outside: 0, count }], outer);
  // An id beyond all others (users of a directory service have such) leaves no place: root takes the last one.
  const place = Math.min(id, count - 1);
  const ranges = [
    { inside: 0, outside: place, count: 1 },
    { inside: 1, outside: 1, count: place - 1 },
    { inside: id, outside: 0, count: 1 },
    { inside: place + 1, outside: place + 1, count: count - place - 1 },
  ];
  return splitAlong(ranges.filter((range) => range.count > 0), outer);
}

/** The nested map in which the user's own id does not occur. @throws CalaError `userns-too-small` */
export function noMap(outer: readonly IdRange[]): IdRange[] {
  const size = mapSize(outer);
  if (size < 2) throw new CalaError("userns-too-small", "the user namespace mode nomap needs subordinate ids, and this user has none");
  return splitAlong([{ inside: 0, outside: 1, count: size - 1 }], outer);
}

/** The nested map of `count` ids from `first` of the parent on. */
export function rangeMap(first: number, count: number, outer: readonly IdRange[]): IdRange[] {
  return splitAlong([{ inside: 0, outside: first, count }], outer);
}

/** Whether every id is itself. */
export function isIdentity(map: readonly IdRange[]): boolean {
  return map.every(({ inside, outside }) => inside === outside);
}

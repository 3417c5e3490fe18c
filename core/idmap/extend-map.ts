/** Maps that are given line by line (`--uidmap`, `--gidmap`), as podman understands them. Pure. */
import { CalaError } from "../base/error.ts";
import { mapSize, splitAlong, toInside, type IdRange } from "./map.ts";

/** One line as it was typed, its numbers read. */
export interface MapLine {
  readonly inside: number;
  readonly outside: number;
  /** `outside` is an id of the host (`@`), not of the outer namespace. */
  readonly ofHost: boolean;
  readonly count: number;
  /** `+`: breaks up what is there already, instead of standing beside it. */
  readonly extends: boolean;
}

/**
 * The nested map that lines make, in their order. Where all of them extend, they extend the map of every id as itself.
 * @throws CalaError `id-map-invalid`
 */
export function mapOfLines(lines: readonly MapLine[], outer: readonly IdRange[]): IdRange[] {
  const whole: IdRange = { inside: 0, outside: 0, count: mapSize(outer) };
  let map: IdRange[] = lines.every((line) => line.extends) ? [whole] : [];
  for (const line of lines) {
    const range = { inside: line.inside, outside: line.ofHost ? outerId(line.outside, outer) : line.outside, count: line.count };
    if (range.outside + range.count > whole.count) throw new CalaError("id-map-invalid", `the id map "${show(range)}" goes beyond the ${whole.count} ids that this user has for containers`, { hint: "cala unshare cat /proc/self/uid_map" });
    if (line.extends) map = map.flatMap((each) => without(each, range));
    map.push(range);
  }
  checkOverlaps(map);
  if (!map.some((range) => range.inside === 0)) throw new CalaError("id-map-invalid", "the id map has no root: the id 0 of the container must be mapped", { hint: "add --uidmap 0:1:1, for example" });
  return splitAlong(map, outer);
}

function outerId(hostId: number, outer: readonly IdRange[]): number {
  const id = toInside(outer, hostId);
  if (id === undefined) throw new CalaError("id-map-invalid", `the host's id ${hostId} is not among those that this user may give to containers`, { hint: "cala unshare cat /proc/self/uid_map" });
  return id;
}

/** What is left of a range when another one takes ids from either side of it. */
function without(range: IdRange, taken: IdRange): IdRange[] {
  return cut(range, taken.inside - range.inside, taken.count).flatMap((part) => cut(part, taken.outside - part.outside, taken.count));
}

/** The parts of a range before and after `count` ids from its `at`th on. */
function cut(range: IdRange, at: number, count: number): IdRange[] {
  const from = Math.max(0, Math.min(range.count, at));
  const to = Math.max(0, Math.min(range.count, at + count));
  if (from >= to) return [range];
  const part = (start: number, end: number): IdRange => ({ inside: range.inside + start, outside: range.outside + start, count: end - start });
  return [part(0, from), part(to, range.count)].filter((each) => each.count > 0);
}

function checkOverlaps(map: readonly IdRange[]): void {
  for (const side of ["inside", "outside"] as const) {
    const sorted = [...map].sort((left, right) => left[side] - right[side]);
    sorted.forEach((range, index) => {
      const next = sorted[index + 1];
      if (next === undefined || range[side] + range.count <= next[side]) return;
      throw new CalaError("id-map-invalid", `the id maps "${show(range)}" and "${show(next)}" overlap`, { hint: `write "+" before the second one, if it is to take ids from the first one` });
    });
  }
}

function show({ inside, outside, count }: IdRange): string {
  return `${inside}:${outside}:${count}`;
}

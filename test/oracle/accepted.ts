/** Differences that are meant: each with its reason. Whatever is not in such a table fails the test, and so does an entry that is met no more. */
import type { Difference } from "./facts.ts";

/** One accepted difference. */
export interface Accepted {
  /** The whole name of the fact. */
  readonly fact: RegExp;
  /** Values of cala and of the other; absent: any. */
  readonly cala?: RegExp;
  readonly other?: RegExp;
  readonly reason: string;
}

/** The differences for which no entry stands; marks the entries that were needed in `used`. */
export function unaccepted(found: readonly Difference[], table: readonly Accepted[], used: Set<Accepted>): Difference[] {
  return found.filter((difference) => {
    const entry = table.find((candidate) => explains(candidate, difference));
    if (entry !== undefined) used.add(entry);
    return entry === undefined;
  });
}

function explains(entry: Accepted, difference: Difference): boolean {
  const fits = (pattern: RegExp | undefined, value: string | undefined): boolean => pattern === undefined || pattern.test(value ?? "absent");
  return fits(entry.fact, difference.fact) && fits(entry.cala, difference.left) && fits(entry.other, difference.right);
}

/** Text of a failed comparison. */
export function describeDifferences(found: readonly Difference[], other: string): string {
  return found.map(({ fact, left, right }) => `${fact}\n    cala: ${left ?? "absent"}\n    ${other}: ${right ?? "absent"}`).join("\n");
}

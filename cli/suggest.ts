/** Number of single-character changes between two words. */
export function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** The candidates that `typed` may have meant, nearest first: up to two changes away (one, for a short word), or begun by it. */
export function nearest(typed: string, candidates: readonly string[]): string[] {
  const allowed = typed.replaceAll("-", "").length <= 3 ? 1 : 2;
  return candidates
    .map((word) => ({ word, distance: editDistance(typed, word) }))
    .filter(({ word, distance }) => distance <= allowed || (typed.length > 1 && word.startsWith(typed)))
    .sort((a, b) => a.distance - b.distance)
    .map(({ word }) => word);
}

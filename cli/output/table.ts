/** Columns as Go's tabwriter makes them for podman: at least 12 wide, two spaces apart, the last one unpadded. */

const minimumWidth = 12;
const gap = 2;

/** Lines of aligned cells; each ends in a newline. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? minimumWidth, displayWidth(cell) + gap);
    });
  }
  return rows.map((row) => `${row.map((cell, index) => (index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - displayWidth(cell)))).join("")}\n`).join("");
}

/** Columns that a text takes on a terminal; counts code points, as tabwriter does. */
function displayWidth(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : [...text].length;
}

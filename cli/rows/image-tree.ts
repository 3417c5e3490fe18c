/** `images --tree` as docker prints it: names in lines of their own, then a branch for each platform. */
import { formatBytes } from "../../core/base/bytes.ts";
import { shortId } from "../../core/base/id.ts";
import type { PlatformTree, TreeDetails } from "../../core/image/platform-tree.ts";

const gap = " ".repeat(3);

/** How the tree is printed. */
export interface TreeLayout {
  readonly noTrunc: boolean;
  readonly noHeading: boolean;
}

/** The lines of a tree, an empty one after each image. */
export function renderTrees(trees: readonly PlatformTree[], layout: TreeLayout): string {
  const heading = ["IMAGE", "ID", "DISK USAGE", "CONTENT SIZE", "EXTRA"];
  const blocks = trees.map((tree) => [
    ...namesOf(tree).slice(0, -1).map((name) => [name]), [namesOf(tree).at(-1) ?? "", ...cellsOf(tree, layout)],
    ...tree.platforms.map((branch, index) => [`${index === tree.platforms.length - 1 ? "└─" : "├─"} ${branch.platform}`, ...cellsOf(branch, layout)]),
  ]);
  const widths = heading.map((title, column) => Math.max(title.length, ...blocks.flat().map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => (column === 2 || column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join(gap).trimEnd();
  const lines = [...(layout.noHeading ? [] : [line(heading)]), ...blocks.flatMap((rows) => [...rows.map(line), ""])];
  return lines.map((text) => `${text}\n`).join("");
}

function namesOf({ names }: PlatformTree): readonly string[] {
  return names.length === 0 ? ["<untagged>"] : names;
}

function cellsOf(details: TreeDetails, { noTrunc }: TreeLayout): string[] {
  return [noTrunc ? details.id : shortId(details.id), formatBytes(details.diskBytes, ""), formatBytes(details.contentBytes, ""), details.inUse ? "U" : ""];
}

import type { Command } from "../command.ts";
import type { CommandEntry } from "../commands/index.ts";
import type { CommandTree } from "../find-command.ts";

/** A command with its entry, for the generators. */
export interface DescribedCommand {
  readonly entry: CommandEntry;
  readonly command: Command;
}

/** The whole command line: what the generators of manuals and completions read. */
export interface DescribedTree {
  readonly tree: CommandTree;
  /** By name, hidden ones left out. */
  readonly commands: readonly DescribedCommand[];
}

/** Loads every command of the list. */
export async function describeTree(tree: CommandTree): Promise<DescribedTree> {
  const visible = tree.entries.filter((entry) => !entry.hidden).sort((a, b) => (a.words < b.words ? -1 : 1));
  return { tree, commands: await Promise.all(visible.map(async (entry) => ({ entry, command: (await entry.load()).command }))) };
}

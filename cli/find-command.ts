import { CalaError } from "../core/base/error.ts";
import type { CommandEntry, CommandGroup } from "./commands/index.ts";
import { nearest } from "./suggest.ts";

/** What the first words name: a command with the words that follow it, or a group that still lacks a command. */
export type Found =
  | { readonly kind: "command"; readonly entry: CommandEntry; readonly words: readonly string[]; readonly rest: readonly string[] }
  | { readonly kind: "group"; readonly words: readonly string[]; readonly rest: readonly string[] };

/** The tree that the words are looked up in. */
export interface CommandTree {
  readonly entries: readonly CommandEntry[];
  readonly groups: readonly CommandGroup[];
}

/** The command or group that the words begin with; the empty group when they begin with an option. @throws CalaError `command-unknown` */
export function findCommand(words: readonly string[], tree: CommandTree): Found {
  const named = new Map(tree.entries.flatMap((entry) => [entry.words, ...entry.aliases].map((text) => [text, entry] as const)));
  const groups = new Set(tree.groups.map((group) => group.words));
  let length = 0;
  while (length < words.length && groups.has(words.slice(0, length + 1).join(" "))) length += 1;
  const next = words[length];
  const typed = words.slice(0, length + 1);
  const entry = next === undefined ? undefined : named.get(typed.join(" "));
  if (entry !== undefined) return { kind: "command", entry, words: typed, rest: words.slice(length + 1) };
  if (next === undefined || next.startsWith("-")) return { kind: "group", words: words.slice(0, length), rest: words.slice(length) };
  throw unknownCommand(words.slice(0, length), next, tree);
}

/** What stands directly below a group: names (the last words) with summaries, aliases only where the group has no other name for them. */
export function membersOf(group: readonly string[], tree: CommandTree): { name: string; summary: string }[] {
  const prefix = group.length === 0 ? "" : `${group.join(" ")} `;
  const below = (words: string): boolean => words.startsWith(prefix) && !words.slice(prefix.length).includes(" ");
  const members = tree.groups.filter((each) => below(each.words) && leadsSomewhere(each.words, tree)).map((each) => ({ name: each.words, summary: each.summary }));
  for (const entry of tree.entries) {
    if (entry.hidden) continue;
    const name = [entry.words, ...entry.aliases].find(below);
    if (name !== undefined) members.push({ name, summary: entry.summary });
  }
  return members.map(({ name, summary }) => ({ name: name.slice(prefix.length), summary })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function leadsSomewhere(group: string, tree: CommandTree): boolean {
  return tree.entries.some((entry) => !entry.hidden && [entry.words, ...entry.aliases].some((words) => words.startsWith(`${group} `)));
}

function unknownCommand(group: readonly string[], typed: string, tree: CommandTree): CalaError {
  const program = ["cala", ...group].join(" ");
  const near = nearest(typed, membersOf(group, tree).map(({ name }) => name)).slice(0, 4);
  const guess = near.length === 0 ? "" : `did you mean ${near.map((name) => `"${program} ${name}"`).join(" or ")}? `;
  return new CalaError("command-unknown", `unrecognized command "${program} ${typed}"`, { hint: `${guess}try '${program} --help'` });
}

import type { Command } from "../command.ts";
import type { CommandEntry } from "../commands/index.ts";
import type { CommandTree } from "../find-command.ts";
import { membersOf } from "../find-command.ts";
import { globalOptions } from "../globals.ts";
import type { Option, OptionRecord } from "../option.ts";

/** The help of one command, in podman's layout. `words` are those typed: `cala container rm --help` speaks of itself so. */
export function commandHelp(words: readonly string[], entry: CommandEntry, command: Command): string {
  const program = ["cala", ...words].join(" ");
  const others = [entry.words, ...entry.aliases].map((each) => `cala ${each}`).filter((each) => each !== program);
  return sections([
    [entry.summary],
    ["Description:", ...indented(command.description)],
    ["Usage:", `  ${usageLine(program, command)}`],
    others.length === 0 ? [] : ["Aliases:", `  ${[program, ...others].join(", ")}`],
    command.examples.length === 0 ? [] : ["Examples:", ...command.examples.map((example) => `  ${example}`)],
    optionLines("Options:", command.options),
  ]);
}

/** The help of a group, or of the whole program for no words. */
export function groupHelp(words: readonly string[], tree: CommandTree): string {
  const program = ["cala", ...words].join(" ");
  const group = tree.groups.find((each) => each.words === words.join(" "));
  const members = membersOf(words, tree);
  const width = Math.max(0, ...members.map(({ name }) => name.length));
  return sections([
    [group?.summary ?? "Run and manage containers as an ordinary user, without a daemon"],
    ["Usage:", words.length === 0 ? "  cala [options] COMMAND" : `  ${program} COMMAND`],
    ["Available Commands:", ...members.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)],
    words.length === 0 ? optionLines("Options:", globalOptions) : [],
    [`Use "${program} COMMAND --help" for more about a command.`],
  ]);
}

/** `cala rm [options] CONTAINER [CONTAINER...]` */
export function usageLine(program: string, command: Command): string {
  const options = Object.values(command.options).some((option) => option.hidden !== true) ? ["[options]"] : [];
  return [program, ...options, ...Object.values(command.arguments).map((each) => each.usage)].join(" ");
}

/** The options a reader sees, by name. */
export function visibleOptions(options: OptionRecord): Option<unknown>[] {
  return Object.values(options).filter((option) => option.hidden !== true).sort((a, b) => (a.names[0] < b.names[0] ? -1 : 1));
}

/** What follows an option's sentence: its choices, its default, its other spellings. */
export function optionNotes(option: Option<unknown>): string {
  const notes = [
    option.choices === undefined ? "" : `(${option.choices.join("|")})`,
    option.defaultText === undefined ? "" : `(default ${/^[\d.]+$|^true$|^false$/.test(option.defaultText) ? option.defaultText : `"${option.defaultText}"`})`,
    option.bare === undefined || option.bare === "" ? "" : `(alone: "${option.bare}")`,
    option.names.length === 1 ? "" : `(also ${option.names.slice(1).map((name) => `--${name}`).join(", ")})`,
  ];
  return notes.filter((note) => note !== "").join(" ");
}

function optionLines(title: string, options: OptionRecord): string[] {
  const rows = visibleOptions(options).map((option) => ({ left: optionHead(option), right: `${option.description} ${optionNotes(option)}`.trimEnd() }));
  rows.push({ left: `${Object.values(options).some((option) => option.short === "h") ? "    " : "-h, "}--help`, right: "Print this help" });
  const width = Math.max(...rows.map(({ left }) => left.length));
  return [title, ...rows.map(({ left, right }) => `  ${left.padEnd(width)}   ${right}`)];
}

function optionHead(option: Option<unknown>): string {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  const value = option.placeholder === "" ? "" : option.bare === undefined ? ` ${option.placeholder}` : `[=${option.placeholder}]`;
  return `${short}--${option.names[0]}${value}`;
}

const indented = (text: string): string[] => text.trim().split("\n").map((line) => (line === "" ? "" : `  ${line.trim()}`));

const sections = (parts: readonly (readonly string[])[]): string => `${parts.filter((part) => part.length > 0).map((part) => part.join("\n")).join("\n\n")}\n`;

import { globalOptions } from "../globals.ts";
import { membersOf } from "../find-command.ts";
import type { Completion, Option } from "../option.ts";
import type { DescribedTree } from "./describe.ts";
import { visibleOptions } from "./help.ts";

/** The completion script of fish. */
export function fishScript({ tree, commands }: DescribedTree): string {
  const lines = ["complete -c cala -f"];
  for (const option of visibleOptions(globalOptions)) lines.push(optionLine(option, '__cala_at ""'));
  for (const words of ["", ...tree.groups.map((group) => group.words)]) {
    for (const { name, summary } of membersOf(words === "" ? [] : words.split(" "), tree)) {
      lines.push(`complete -c cala -n ${quote(`__cala_at ${quoted([words])}`)} -a ${quote(name)} -d ${quote(summary)}`);
    }
  }
  const paths = new Set(tree.groups.map((group) => group.words));
  for (const { entry, command } of commands) {
    const names = [entry.words, ...entry.aliases];
    for (const name of names) paths.add(name);
    const condition = `__cala_at ${quoted(names)}`;
    for (const option of visibleOptions(command.options)) lines.push(optionLine(option, condition));
    for (const kind of new Set(Object.values(command.arguments).map((each) => each.complete))) {
      if (kind !== "none" && kind !== "commands") lines.push(`complete -c cala -n ${quote(condition)} ${candidatesOf(kind)}`);
    }
  }
  return `${head([...paths].sort())}\n${lines.join("\n")}\n`;
}

const head = (paths: readonly string[]): string => `# fish completion of cala; generated from its commands, do not edit

function __cala_at
    # Whether the words typed so far name one of the given commands.
    set -l path
    for word in (commandline -opc)[2..]
        string match -q -- '-*' $word; and continue
        set -l longer (string join ' ' $path $word)
        contains -- $longer $__cala_commands; or break
        set path $longer
    end
    contains -- "$path" $argv
end

set -g __cala_commands ${paths.map(quote).join(" ")}
`;

function optionLine(option: Option<unknown>, condition: string): string {
  const short = option.short === undefined ? "" : ` -s ${option.short}`;
  const takes = option.placeholder === "" || option.bare !== undefined ? "" : ` -x${option.choices === undefined ? "" : ` -a ${quote(option.choices.join(" "))}`}`;
  const kind = option.complete === undefined || option.complete === "none" || takes === "" ? "" : ` ${candidatesOf(option.complete)}`;
  return `complete -c cala -n ${quote(condition)} -l ${option.names[0]}${short}${kind === " -F" ? " -r" : takes}${kind} -d ${quote(option.description)}`;
}

function candidatesOf(kind: Completion): string {
  if (kind === "files") return "-F";
  if (kind === "directories") return `-a ${quote("(__fish_complete_directories)")}`;
  return `-a ${quote(`(cala __complete ${kind} (commandline -ct))`)}`;
}

const quoted = (words: readonly string[]): string => words.map((each) => `"${each}"`).join(" ");
const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

import { globalOptions } from "../globals.ts";
import { membersOf } from "../find-command.ts";
import type { Argument, Completion, Option, OptionRecord } from "../option.ts";
import type { DescribedTree } from "./describe.ts";
import { visibleOptions } from "./help.ts";

const head = `#compdef cala
# zsh completion of cala; generated from its commands, do not edit

_cala_names() {
    local -a names
    names=(\${(f)"$(cala __complete $1 "$PREFIX" 2>/dev/null)"})
    compadd -a names
}

`;

const tail = `
_cala_dispatch() {
    # $1: the words so far. Completes a member of a group, or goes on below it.
    local path=$1 curcontext=$curcontext state line
    local -A opt_args
    _cala_specs "$path" || return 1
    if (( ! group )); then
        _arguments -s -S "\${specs[@]}" && return 0
        return 1
    fi
    _arguments -C "\${specs[@]}" '1: :->member' '*:: :->rest' && return 0
    case $state in
        member) _describe command members ;;
        rest) _cala_dispatch "\${path:+$path }$line[1]" ;;
    esac
}

_cala() {
    local -a specs members
    local -i group
    _cala_dispatch ""
}

if [[ $funcstack[1] == _cala ]]; then _cala "$@"; else compdef _cala cala; fi
`;

/** The completion script of zsh. */
export function zshScript({ tree, commands }: DescribedTree): string {
  const groups = ["", ...tree.groups.map((group) => group.words)].map((words) => {
    const members = membersOf(words === "" ? [] : words.split(" "), tree).map(({ name, summary }) => quote(`${name}:${summary}`));
    if (members.length === 0) return "";
    return `        "${words}") group=1\n            members=(${members.join(" ")})\n            specs=(${words === "" ? optionSpecs(globalOptions).join(" ") : ""}) ;;\n`;
  });
  const cases = commands.map(({ entry, command }) => {
    const names = [entry.words, ...entry.aliases].map((words) => `"${words}"`).join("|");
    const specs = [...optionSpecs(command.options), ...argumentSpecs(Object.values(command.arguments), command.optionsFirst)];
    return `        ${names}) group=0\n            specs=(${specs.join("\n                ")}) ;;\n`;
  });
  return `${head}_cala_specs() {\n    case $1 in\n${groups.join("")}${cases.join("")}        *) return 1 ;;\n    esac\n}\n${tail}`;
}

function optionSpecs(options: OptionRecord): string[] {
  return visibleOptions(options).flatMap((option) => {
    const text = `[${bracketed(option.description)}]${actionOf(option)}`;
    const star = option.kind === "list" || option.kind === "count" ? "*" : "";
    const binding = option.placeholder === "" ? "" : option.bare === undefined ? "=" : "=-";
    const long = quote(`${star}--${option.names[0]}${binding}${text}`);
    return option.short === undefined ? [long] : [long, quote(`${star}-${option.short}${option.placeholder === "" ? "" : "+"}${text}`)];
  });
}

function actionOf(option: Option<unknown>): string {
  if (option.placeholder === "") return "";
  const colons = option.bare === undefined ? ":" : "::";
  return `${colons}${option.placeholder.replaceAll(":", "\\:")}:${option.choices === undefined ? functionOf(option.complete ?? "none") : `(${option.choices.join(" ")})`}`;
}

function argumentSpecs(args: readonly Argument<unknown>[], optionsFirst: boolean): string[] {
  return args.map((each, index) => {
    const many = each.maximum === Number.POSITIVE_INFINITY;
    if (many && optionsFirst && index > 0) return quote("*:: :_normal");
    const label = each.usage.replace(/[^A-Za-z-].*$/, "") || "argument";
    return quote(`${many ? "*" : `${index + 1}${each.minimum === 0 ? ":" : ""}`}:${label}:${functionOf(each.complete)}`);
  });
}

function functionOf(kind: Completion): string {
  if (kind === "none" || kind === "commands") return " ";
  if (kind === "files") return "_files";
  return kind === "directories" ? "_files -/" : `_cala_names ${kind}`;
}

const bracketed = (text: string): string => text.replace(/[[\]:\\]/g, "\\$&");
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

import type { Completion, Option, OptionRecord } from "../option.ts";
import { globalOptions } from "../globals.ts";
import { membersOf } from "../find-command.ts";
import type { DescribedTree } from "./describe.ts";
import { visibleOptions } from "./help.ts";

const driver = `# bash completion of cala; generated from its commands, do not edit

_cala_offer() {
    # $1: a kind of thing, or words joined by |
    case $1 in
        none) ;;
        files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        commands) mapfile -t COMPREPLY < <(compgen -W "$subcommands" -- "$cur") ;;
        *'|'*) mapfile -t COMPREPLY < <(compgen -W "\${1//|/ }" -- "$cur") ;;
        *) mapfile -t COMPREPLY < <(cala __complete "$1" "$cur" 2>/dev/null) ;;
    esac
}

_cala() {
    local line=\${COMP_LINE:0:COMP_POINT} cur words=() word i
    local subcommands= options= values= arguments= first= path= given=0 pending= ended=
    # Words as the shell splits them at blanks: a colon or an equals sign does not end one.
    read -r -a words <<< "$line"
    cur=
    if [[ $line != *[[:space:]] ]]; then cur=\${words[-1]}; unset 'words[-1]'; fi
    _cala_describe ""
    for word in "\${words[@]:1}"; do
        if [[ -n $pending ]]; then pending=; continue; fi
        if [[ -z $ended && $word == -- ]]; then ended=1; continue; fi
        if [[ -z $ended && $word == -* ]]; then
            [[ $word == *=* ]] && continue
            for i in $values; do [[ \${i%%:*} == "$word" ]] && pending=\${i#*:}; done
            continue
        fi
        if [[ $given == 0 ]] && _cala_describe "\${path:+$path }$word"; then path=\${path:+$path }$word; continue; fi
        given=$((given + 1))
        [[ -n $first ]] && ended=1
    done
    COMPREPLY=()
    if [[ -n $pending ]]; then _cala_offer "$pending"
    elif [[ -z $ended && $cur == --*=* ]]; then
        local name=\${cur%%=*} whole=$cur
        cur=\${cur#*=}
        for i in $values; do [[ \${i%%:*} == "$name" ]] && _cala_offer "\${i#*:}"; done
        # Readline replaces only what stands behind the equals sign where that breaks words.
        [[ $COMP_WORDBREAKS == *=* ]] || COMPREPLY=("\${COMPREPLY[@]/#/$name=}")
        cur=$whole
    elif [[ -z $ended && $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$cur")
    elif [[ -n $subcommands ]]; then mapfile -t COMPREPLY < <(compgen -W "$subcommands" -- "$cur")
    else
        local kinds=($arguments) last
        last=$((\${#kinds[@]} - 1))
        ((last < 0)) || _cala_offer "\${kinds[given < last ? given : last]}"
    fi
    # Readline cuts words at a colon: image:tag.
    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local before=\${cur%"\${cur##*:}"}
        COMPREPLY=("\${COMPREPLY[@]#"$before"}")
    fi
}

complete -F _cala cala
`;

/** The completion script of bash. It needs bash 4 and no other package. */
export function bashScript({ tree, commands }: DescribedTree): string {
  const groups = ["", ...tree.groups.map((group) => group.words)].map((words) => {
    const members = membersOf(words === "" ? [] : words.split(" "), tree).map(({ name }) => name);
    const options = words === "" ? optionFields(globalOptions) : "options= values=";
    return members.length === 0 ? "" : `        "${words}") subcommands="${members.join(" ")}" arguments= first= ${options} ;;\n`;
  });
  const cases = commands.map(({ entry, command }) => {
    const names = [entry.words, ...entry.aliases].map((words) => `"${words}"`).join("|");
    const kinds = Object.values(command.arguments).map((each) => each.complete);
    const words = kinds.includes("commands") ? membersOf([], tree).map(({ name }) => name).join(" ") : "";
    return `        ${names}) subcommands="${words}" arguments="${kinds.join(" ")}" first=${command.optionsFirst ? "1" : ""} ${optionFields(command.options)} ;;\n`;
  });
  return `${driver.replace("_cala() {", `_cala_describe() {\n    case $1 in\n${groups.join("")}${cases.join("")}        *) return 1 ;;\n    esac\n}\n\n_cala() {`)}`;
}

function optionFields(options: OptionRecord): string {
  const visible = visibleOptions(options);
  const valued = visible.filter((option) => option.placeholder !== "" && option.bare === undefined);
  return `options="${visible.flatMap(spellings).join(" ")}" values="${valued.flatMap((option) => spellings(option).map((name) => `${name}:${kindOf(option)}`)).join(" ")}"`;
}

/** `-a` and `--all`. */
export function spellings(option: Option<unknown>): string[] {
  return [`--${option.names[0]}`, ...(option.short === undefined ? [] : [`-${option.short}`])];
}

function kindOf(option: Option<unknown>): Completion | string {
  return option.choices === undefined ? (option.complete ?? "none") : `${option.choices.join("|")}${option.choices.length === 1 ? "|" : ""}`;
}

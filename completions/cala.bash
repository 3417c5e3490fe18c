# bash completion of cala; generated from its commands, do not edit

_cala_offer() {
    # $1: a kind of thing, or words joined by |
    case $1 in
        none) ;;
        files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
        directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
        commands) mapfile -t COMPREPLY < <(compgen -W "$subcommands" -- "$cur") ;;
        *'|'*) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$cur") ;;
        *) mapfile -t COMPREPLY < <(cala __complete "$1" "$cur" 2>/dev/null) ;;
    esac
}

_cala_describe() {
    case $1 in
        "") subcommands="completion container help logs port" arguments= first= options="--cgroup-manager --config --debug -D --events-backend --log-level -l --out --root --runroot --storage-driver --tmpdir --version -v" values="--cgroup-manager:cgroupfs|systemd --config:directories --events-backend:file|none --log-level:trace|debug|info|warn|warning|error|fatal|panic -l:trace|debug|info|warn|warning|error|fatal|panic --out:files --root:directories --runroot:directories --storage-driver:overlay|fuse-overlayfs|vfs --tmpdir:directories" ;;
        "container") subcommands="exists logs port" arguments= first= options= values= ;;
        "completion") subcommands="" arguments="none" first= options="--file -f" values="--file:files -f:files" ;;
        "container exists") subcommands="" arguments="containers" first= options="" values="" ;;
        "help") subcommands="completion container help logs port" arguments="commands" first= options="" values="" ;;
        "logs"|"container logs") subcommands="" arguments="containers" first= options="--follow -f --latest -l --names -n --since --tail --timestamps -t --until" values="--since:none --tail:none --until:none" ;;
        "port"|"container port") subcommands="" arguments="containers none" first= options="--all -a --latest -l" values="" ;;
        *) return 1 ;;
    esac
}

_cala() {
    local line=${COMP_LINE:0:COMP_POINT} cur words=() word i
    local subcommands= options= values= arguments= first= path= given=0 pending= ended=
    # Words as the shell splits them at blanks: a colon or an equals sign does not end one.
    read -r -a words <<< "$line"
    cur=
    if [[ $line != *[[:space:]] ]]; then cur=${words[-1]}; unset 'words[-1]'; fi
    _cala_describe ""
    for word in "${words[@]:1}"; do
        if [[ -n $pending ]]; then pending=; continue; fi
        if [[ -z $ended && $word == -- ]]; then ended=1; continue; fi
        if [[ -z $ended && $word == -* ]]; then
            [[ $word == *=* ]] && continue
            for i in $values; do [[ ${i%%:*} == "$word" ]] && pending=${i#*:}; done
            continue
        fi
        if [[ $given == 0 ]] && _cala_describe "${path:+$path }$word"; then path=${path:+$path }$word; continue; fi
        given=$((given + 1))
        [[ -n $first ]] && ended=1
    done
    COMPREPLY=()
    if [[ -n $pending ]]; then _cala_offer "$pending"
    elif [[ -z $ended && $cur == --*=* ]]; then
        local name=${cur%%=*} whole=$cur
        cur=${cur#*=}
        for i in $values; do [[ ${i%%:*} == "$name" ]] && _cala_offer "${i#*:}"; done
        # Readline replaces only what stands behind the equals sign where that breaks words.
        [[ $COMP_WORDBREAKS == *=* ]] || COMPREPLY=("${COMPREPLY[@]/#/$name=}")
        cur=$whole
    elif [[ -z $ended && $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$cur")
    elif [[ -n $subcommands ]]; then mapfile -t COMPREPLY < <(compgen -W "$subcommands" -- "$cur")
    else
        local kinds=($arguments) last
        last=$((${#kinds[@]} - 1))
        ((last < 0)) || _cala_offer "${kinds[given < last ? given : last]}"
    fi
    # Readline cuts words at a colon: image:tag.
    if [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local before=${cur%"${cur##*:}"}
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
}

complete -F _cala cala

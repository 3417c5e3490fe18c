# fish completion of cala; generated from its commands, do not edit

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

set -g __cala_commands 'completion' 'container' 'debug' 'help' 'image' 'network' 'system' 'volume'

complete -c cala -f
complete -c cala -n '__cala_at ""' -l cgroup-manager -x -a 'cgroupfs systemd' -d 'Who makes cgroups (default: systemd where it runs)'
complete -c cala -n '__cala_at ""' -l config -x -a '(__fish_complete_directories)' -d 'Directory of docker\'s config.json, with its credentials'
complete -c cala -n '__cala_at ""' -l debug -s D -d 'The same as --log-level debug'
complete -c cala -n '__cala_at ""' -l events-backend -x -a 'file none' -d 'Where events are written'
complete -c cala -n '__cala_at ""' -l log-level -s l -x -a 'trace debug info warn warning error fatal panic' -d 'How much to tell: debug adds causes and stacks to errors'
complete -c cala -n '__cala_at ""' -l out -r -F -d 'Write standard output to FILE'
complete -c cala -n '__cala_at ""' -l root -x -a '(__fish_complete_directories)' -d 'Keep everything below DIR: images, containers, volumes, state (default: the XDG directories)'
complete -c cala -n '__cala_at ""' -l runroot -x -a '(__fish_complete_directories)' -d 'Keep what may be lost at reboot below DIR'
complete -c cala -n '__cala_at ""' -l storage-driver -x -a 'overlay fuse-overlayfs vfs' -d 'How layers are stacked (default: the best that works here)'
complete -c cala -n '__cala_at ""' -l tmpdir -x -a '(__fish_complete_directories)' -d 'Directory for temporary files'
complete -c cala -n '__cala_at ""' -l version -s v -d 'Print the version'
complete -c cala -n '__cala_at ""' -a 'completion' -d 'Generate the completion script of a shell'
complete -c cala -n '__cala_at ""' -a 'help' -d 'Help about any command'
complete -c cala -n '__cala_at "completion"' -l file -s f -r -F -d 'Write to FILE instead of standard output'

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

set -g __cala_commands 'completion' 'container' 'container exists' 'container logs' 'container port' 'debug' 'help' 'image' 'logs' 'network' 'port' 'system' 'volume'

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
complete -c cala -n '__cala_at ""' -a 'container' -d 'Manage containers'
complete -c cala -n '__cala_at ""' -a 'help' -d 'Help about any command'
complete -c cala -n '__cala_at ""' -a 'logs' -d 'Print what a container wrote'
complete -c cala -n '__cala_at ""' -a 'port' -d 'List the published ports of a container'
complete -c cala -n '__cala_at "container"' -a 'exists' -d 'Check whether a container exists'
complete -c cala -n '__cala_at "container"' -a 'logs' -d 'Print what a container wrote'
complete -c cala -n '__cala_at "container"' -a 'port' -d 'List the published ports of a container'
complete -c cala -n '__cala_at "completion"' -l file -s f -r -F -d 'Write to FILE instead of standard output'
complete -c cala -n '__cala_at "container exists"' -a '(cala __complete containers (commandline -ct))'
complete -c cala -n '__cala_at "logs" "container logs"' -l follow -s f -d 'Go on as the container writes, until it ends'
complete -c cala -n '__cala_at "logs" "container logs"' -l latest -s l -d 'The container that was created last'
complete -c cala -n '__cala_at "logs" "container logs"' -l names -s n -d 'Begin each line with the container\'s name'
complete -c cala -n '__cala_at "logs" "container logs"' -l since -x -d 'Only what was written after TIME: a timestamp, or a duration before now'
complete -c cala -n '__cala_at "logs" "container logs"' -l tail -x -d 'Only the last LINES lines'
complete -c cala -n '__cala_at "logs" "container logs"' -l timestamps -s t -d 'Begin each line with its time'
complete -c cala -n '__cala_at "logs" "container logs"' -l until -x -d 'Only what was written before TIME'
complete -c cala -n '__cala_at "logs" "container logs"' -a '(cala __complete containers (commandline -ct))'
complete -c cala -n '__cala_at "port" "container port"' -l all -s a -d 'List the ports of all running containers'
complete -c cala -n '__cala_at "port" "container port"' -l latest -s l -d 'The container that was created last'
complete -c cala -n '__cala_at "port" "container port"' -a '(cala __complete containers (commandline -ct))'

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
        "") subcommands="artifact attach commit completion container cp create debug diff doctor events exec export healthcheck help history image images import info init inspect kill load login logout logs manifest mount network pause port ps pull push rename restart rm rmi run save search secret start stats stop system tag top unmount unpause unshare untag update version volume wait" arguments= first= options="--cdi-spec-dir --cgroup-manager --config --debug -D --events-backend --hooks-dir --log-level -l --out --root --runroot --storage-driver --storage-opt --syslog --tmpdir --version -v" values="--cdi-spec-dir:directories --cgroup-manager:cgroupfs|systemd --config:directories --events-backend:file|none --hooks-dir:directories --log-level:trace|debug|info|warn|warning|error|fatal|panic -l:trace|debug|info|warn|warning|error|fatal|panic --out:files --root:directories --runroot:directories --storage-driver:none --storage-opt:none --tmpdir:directories" ;;
        "artifact") subcommands="add extract inspect ls pull push rm" arguments= first= options= values= ;;
        "container") subcommands="attach checkpoint cleanup clone commit cp create diff exec exists export fork init inspect kill logs mount pause port prune ps rename restart restore rm rollback run runlabel snapshot snapshots start stats stop top unmount unpause update wait" arguments= first= options= values= ;;
        "debug") subcommands="plan" arguments= first= options= values= ;;
        "healthcheck") subcommands="run" arguments= first= options= values= ;;
        "image") subcommands="diff exists history import import-store inspect load ls mount prune pull push rm save scp search sign tag tree trust unmount untag" arguments= first= options= values= ;;
        "image trust") subcommands="set show" arguments= first= options= values= ;;
        "network") subcommands="connect create disconnect exists inspect ls prune reload rm update" arguments= first= options= values= ;;
        "secret") subcommands="create exists inspect ls rm" arguments= first= options= values= ;;
        "manifest") subcommands="add annotate create exists inspect push remove rm" arguments= first= options= values= ;;
        "system") subcommands="check df doctor events info migrate prune renumber reset" arguments= first= options= values= ;;
        "volume") subcommands="create exists export import inspect ls mount prune reload rm unmount" arguments= first= options= values= ;;
        "artifact add") subcommands="" arguments="none files" first= options="--annotation --append -a --file-type --replace --type" values="--annotation:none --file-type:none --type:none" ;;
        "artifact extract") subcommands="" arguments="none files" first= options="--digest --title" values="--digest:none --title:none" ;;
        "artifact inspect") subcommands="" arguments="none" first= options="--format -f" values="--format:none -f:none" ;;
        "artifact ls") subcommands="" arguments="" first= options="--format --no-trunc --noheading -n" values="--format:none" ;;
        "artifact pull") subcommands="" arguments="none" first= options="--authfile --cert-dir --creds --decryption-key --quiet -q --retry --retry-delay --tls-verify" values="--authfile:files --cert-dir:directories --creds:none --decryption-key:none --retry:none --retry-delay:none" ;;
        "artifact push") subcommands="" arguments="none" first= options="--authfile --cert-dir --creds --digestfile --quiet -q --retry --retry-delay --sign-by --sign-by-sigstore --sign-by-sigstore-private-key --sign-by-sq-fingerprint --sign-passphrase-file --tls-verify" values="--authfile:files --cert-dir:directories --creds:none --digestfile:files --retry:none --retry-delay:none --sign-by:none --sign-by-sigstore:files --sign-by-sigstore-private-key:files --sign-by-sq-fingerprint:none --sign-passphrase-file:files" ;;
        "artifact rm") subcommands="" arguments="none" first= options="--all -a --ignore -i" values="" ;;
        "attach"|"container attach") subcommands="" arguments="running" first= options="--detach-keys --latest -l --no-stdin --sig-proxy" values="--detach-keys:none" ;;
        "commit"|"container commit") subcommands="" arguments="containers none" first= options="--author -a --change -c --config --format -f --iidfile -i --include-volumes --message -m --pause -p --quiet -q --squash -s" values="--author:none -a:none --change:none -c:none --config:files --format:oci|docker -f:oci|docker --iidfile:files -i:files --message:none -m:none" ;;
        "completion") subcommands="" arguments="none" first= options="--file -f" values="--file:files -f:files" ;;
        "container checkpoint") subcommands="" arguments="running" first= options="--all -a --compress -c --create-image --export -e --file-locks --ignore-rootfs --ignore-volumes --keep -k --latest -l --leave-running -R --pre-checkpoint -P --print-stats --tcp-established --with-previous" values="--compress:zstd|none|gzip -c:zstd|none|gzip --create-image:none --export:files -e:files" ;;
        "container cleanup") subcommands="" arguments="stopped" first= options="--all -a --exec --latest -l --rm --rmi" values="--exec:none" ;;
        "container clone") subcommands="" arguments="containers none images" first= options="--blkio-weight --blkio-weight-device --cpu-period --cpu-quota --cpu-shares -c --cpus --cpuset-cpus --cpuset-mems --destroy --device-read-bps --device-read-iops --device-write-bps --device-write-iops --force -f --memory -m --memory-reservation --memory-swap --name --pids-limit --run" values="--blkio-weight:none --blkio-weight-device:none --cpu-period:none --cpu-quota:none --cpu-shares:none -c:none --cpus:none --cpuset-cpus:none --cpuset-mems:none --device-read-bps:none --device-read-iops:none --device-write-bps:none --device-write-iops:none --memory:none -m:none --memory-reservation:none --memory-swap:none --name:none --pids-limit:none" ;;
        "container diff") subcommands="" arguments="containers containers" first= options="--format --latest -l" values="--format:json|" ;;
        "container exists") subcommands="" arguments="containers" first= options="--external" values="" ;;
        "container fork") subcommands="" arguments="stopped none" first= options="" values="" ;;
        "container inspect") subcommands="" arguments="containers" first= options="--format -f --latest -l --size -s" values="--format:none -f:none" ;;
        "container prune") subcommands="" arguments="" first= options="--filter --force -f" values="--filter:none" ;;
        "container restore") subcommands="" arguments="containers" first= options="--all -a --file-locks --ignore-rootfs --ignore-static-ip --ignore-static-mac --ignore-volumes --import -i --import-previous --keep -k --latest -l --name -n --pod --print-stats --publish -p --tcp-close --tcp-established" values="--import:files -i:files --import-previous:files --name:none -n:none --pod:none --publish:none -p:none" ;;
        "container rollback") subcommands="" arguments="stopped none" first= options="" values="" ;;
        "container runlabel") subcommands="" arguments="none images none" first=1 options="--authfile --cert-dir --creds --display --name -n --quiet -q --replace --tls-verify" values="--authfile:files --cert-dir:directories --creds:none --name:none -n:none" ;;
        "container snapshot") subcommands="" arguments="containers none" first= options="--rm" values="" ;;
        "container snapshots") subcommands="" arguments="containers" first= options="--format --noheading -n --quiet -q" values="--format:none" ;;
        "cp"|"container cp") subcommands="" arguments="files files" first= options="--archive -a --follow-link -L --overwrite" values="" ;;
        "create"|"container create") subcommands="" arguments="images" first=1 options="--add-host --annotation --arch --attach -a --authfile --blkio-weight --blkio-weight-device --cap-add --cap-drop --cdi-spec-dir --cert-dir --cgroup-conf --cgroup-parent --cgroupns --cgroups --chrootdirs --cidfile --conmon-pidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares -c --cpus --cpuset-cpus --cpuset-mems --creds --decryption-key --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --disable-content-trust --dns --dns-option --dns-search --egress --entrypoint --env -e --env-file --env-host --env-merge --expose --gidmap --gpus --group-add --group-entry --health-cmd --health-interval --health-log-destination --health-max-log-count --health-max-log-size --health-on-failure --health-retries --health-start-interval --health-start-period --health-startup-cmd --health-startup-interval --health-startup-retries --health-startup-success --health-startup-timeout --health-timeout --hostname -h --hosts-file --hostuser --http-proxy --image-volume --init --init-path --interactive -i --ip --ip6 --ipc --label -l --label-file --lease --log-driver --log-opt --low-ports --mac-address --memory -m --memory-reservation --memory-swap --memory-swappiness --mount --name --network --network-alias --no-healthcheck --no-host-loopback --no-hostname --no-hosts --oom-kill-disable --oom-score-adj --os --passwd --passwd-entry --personality --pid --pidfile --pids-limit --platform --privileged --publish -p --publish-all -P --pull --quiet -q --rdt-class --read-only --read-only-tmpfs --replace --requires --restart --retry --retry-delay --rm --rootfs --sdnotify --seccomp-policy --secret --security-opt --shm-size --shm-size-systemd --stop-signal --stop-timeout --strict-limits --subgidname --subuidname --sysctl --systemd --timeout --tls-verify --tmpfs --tty -t --tz --uidmap --ulimit --umask --unsetenv --unsetenv-all --user -u --userns --uts --variant --volume -v --volumes-from --workdir -w" values="--add-host:none --annotation:none --arch:none --attach:none -a:none --authfile:files --blkio-weight:none --blkio-weight-device:none --cap-add:capabilities --cap-drop:capabilities --cdi-spec-dir:directories --cert-dir:directories --cgroup-conf:none --cgroup-parent:none --cgroupns:none --cgroups:none --chrootdirs:none --cidfile:files --conmon-pidfile:files --cpu-period:none --cpu-quota:none --cpu-rt-period:none --cpu-rt-runtime:none --cpu-shares:none -c:none --cpus:none --cpuset-cpus:none --cpuset-mems:none --creds:none --decryption-key:none --device:none --device-cgroup-rule:none --device-read-bps:none --device-read-iops:none --device-write-bps:none --device-write-iops:none --dns:none --dns-option:none --dns-search:none --egress:none --entrypoint:none --env:none -e:none --env-file:files --env-merge:none --expose:none --gidmap:none --gpus:none --group-add:none --group-entry:none --health-cmd:none --health-interval:none --health-log-destination:none --health-max-log-count:none --health-max-log-size:none --health-on-failure:none|kill|restart|stop --health-retries:none --health-start-interval:none --health-start-period:none --health-startup-cmd:none --health-startup-interval:none --health-startup-retries:none --health-startup-success:none --health-startup-timeout:none --health-timeout:none --hostname:none -h:none --hosts-file:files --hostuser:none --image-volume:anonymous|bind|tmpfs|ignore --init-path:files --ip:none --ip6:none --ipc:none --label:none -l:none --label-file:files --lease:none --log-driver:none --log-opt:none --low-ports:refuse|shift --mac-address:none --memory:none -m:none --memory-reservation:none --memory-swap:none --memory-swappiness:none --mount:none --name:none --network:networks --network-alias:none --oom-score-adj:none --os:none --passwd-entry:none --personality:none --pid:none --pidfile:files --pids-limit:none --platform:none --publish:none -p:none --pull:always|missing|never|newer|true|false --rdt-class:none --requires:containers --restart:none --retry:none --retry-delay:none --sdnotify:container|conmon|healthy|ignore --seccomp-policy:default|image --secret:secrets --security-opt:none --shm-size:none --shm-size-systemd:none --stop-signal:signals --stop-timeout:none --subgidname:none --subuidname:none --sysctl:none --systemd:none --timeout:none --tmpfs:none --tz:none --uidmap:none --ulimit:none --umask:none --unsetenv:none --user:none -u:none --userns:none --uts:none --variant:none --volume:volumes -v:volumes --volumes-from:containers --workdir:none -w:none" ;;
        "debug plan") subcommands="" arguments="containers" first= options="--file" values="" ;;
        "diff") subcommands="" arguments="containers images" first= options="--format --latest -l" values="--format:json|" ;;
        "doctor"|"system doctor") subcommands="" arguments="" first= options="--all -a --check --format --quiet -q" values="--check:none --format:none" ;;
        "events"|"system events") subcommands="" arguments="" first= options="--filter -f --format --no-trunc --since --stream --until" values="--filter:none -f:none --format:none --since:none --until:none" ;;
        "exec"|"container exec") subcommands="" arguments="running" first=1 options="--cidfile --detach -d --detach-keys --env -e --env-file --interactive -i --latest -l --no-session --preserve-fd --preserve-fds --privileged --tty -t --user -u --workdir -w" values="--cidfile:files --detach-keys:none --env:none -e:none --env-file:files --preserve-fd:none --preserve-fds:none --user:none -u:none --workdir:none -w:none" ;;
        "export"|"container export") subcommands="" arguments="containers" first= options="--output -o" values="--output:files -o:files" ;;
        "healthcheck run") subcommands="" arguments="running" first= options="" values="" ;;
        "help") subcommands="artifact attach commit completion container cp create debug diff doctor events exec export healthcheck help history image images import info init inspect kill load login logout logs manifest mount network pause port ps pull push rename restart rm rmi run save search secret start stats stop system tag top unmount unpause unshare untag update version volume wait" arguments="commands" first= options="" values="" ;;
        "history"|"image history") subcommands="" arguments="images" first= options="--format --human -H --no-trunc --platform --quiet -q" values="--format:none --platform:none" ;;
        "image diff") subcommands="" arguments="images images" first= options="--format" values="--format:json|" ;;
        "image exists") subcommands="" arguments="images" first= options="" values="" ;;
        "image import-store") subcommands="" arguments="directories none" first= options="--quiet -q" values="" ;;
        "image inspect") subcommands="" arguments="images" first= options="--format -f --platform" values="--format:none -f:none --platform:none" ;;
        "image mount") subcommands="" arguments="images" first= options="--all -a --format" values="--format:json|" ;;
        "image prune") subcommands="" arguments="" first= options="--all -a --build-cache --external --filter --force -f" values="--filter:none" ;;
        "image scp") subcommands="" arguments="images none" first= options="--quiet -q" values="" ;;
        "image sign") subcommands="" arguments="images" first= options="--all -a --authfile --cert-dir --directory -d --sign-by --tls-verify" values="--authfile:files --cert-dir:directories --directory:directories -d:directories --sign-by:none" ;;
        "image tree") subcommands="" arguments="images" first= options="--whatrequires" values="" ;;
        "image trust set") subcommands="" arguments="none" first= options="--pubkeysfile -f --type -t" values="--pubkeysfile:files -f:files --type:accept|reject|signedBy|sigstoreSigned -t:accept|reject|signedBy|sigstoreSigned" ;;
        "image trust show") subcommands="" arguments="none" first= options="--json -j --noheading -n --raw" values="" ;;
        "image unmount"|"image umount") subcommands="" arguments="images" first= options="--all -a --force -f" values="" ;;
        "images"|"image ls"|"image list") subcommands="" arguments="images" first= options="--all -a --digests --filter -f --format --history --no-trunc --noheading -n --quiet -q --sort --tree" values="--filter:none -f:none --format:none --sort:created|id|repository|size|tag" ;;
        "import"|"image import") subcommands="" arguments="files none" first= options="--arch --change -c --message -m --os --platform --quiet -q --variant" values="--arch:none --change:none -c:none --message:none -m:none --os:none --platform:none --variant:none" ;;
        "info"|"system info") subcommands="" arguments="" first= options="--format -f" values="--format:none -f:none" ;;
        "init"|"container init") subcommands="" arguments="stopped" first= options="--all -a --latest -l" values="" ;;
        "inspect") subcommands="" arguments="containers" first= options="--format -f --latest -l --size -s --type -t" values="--format:none -f:none --type:all|container|image|volume|network -t:all|container|image|volume|network" ;;
        "kill"|"container kill") subcommands="" arguments="running" first= options="--all -a --cidfile --latest -l --signal -s" values="--cidfile:files --signal:signals -s:signals" ;;
        "load"|"image load") subcommands="" arguments="" first= options="--input -i --platform --quiet -q" values="--input:files -i:files --platform:none" ;;
        "login") subcommands="" arguments="none" first= options="--authfile --cert-dir --compat-auth-file --get-login --password -p --password-stdin --secret --tls-verify --username -u --verbose -v" values="--authfile:files --cert-dir:directories --compat-auth-file:files --password:none -p:none --secret:none --username:none -u:none" ;;
        "logout") subcommands="" arguments="none" first= options="--all -a --authfile --compat-auth-file" values="--authfile:files --compat-auth-file:files" ;;
        "logs"|"container logs") subcommands="" arguments="containers" first= options="--color --follow -f --latest -l --names -n --since --tail --timestamps -t --until" values="--since:none --tail:none --until:none" ;;
        "manifest add") subcommands="" arguments="none images" first= options="--all --annotation --arch --artifact --artifact-config --artifact-config-type --artifact-exclude-titles --artifact-layer-type --artifact-subject --artifact-type --authfile --cert-dir --creds --features --os --os-version --tls-verify --variant" values="--annotation:none --arch:none --artifact-config:files --artifact-config-type:none --artifact-layer-type:none --artifact-subject:images --artifact-type:none --authfile:files --cert-dir:directories --creds:none --features:none --os:none --os-version:none --variant:none" ;;
        "manifest annotate") subcommands="" arguments="none images" first= options="--annotation --arch --features --index --os --os-features --os-version --subject --variant" values="--annotation:none --arch:none --features:none --os:none --os-features:none --os-version:none --subject:images --variant:none" ;;
        "manifest create") subcommands="" arguments="none images" first= options="--all --amend -a --annotation --insecure --tls-verify" values="--annotation:none" ;;
        "manifest exists") subcommands="" arguments="none" first= options="" values="" ;;
        "manifest inspect") subcommands="" arguments="images images" first= options="--authfile --cert-dir --insecure --tls-verify --verbose -v" values="--authfile:files --cert-dir:directories" ;;
        "manifest push") subcommands="" arguments="none none" first= options="--add-compression --all --authfile --cert-dir --compression-format --compression-level --creds --digestfile --force-compression --format -f --insecure --purge -p --quiet -q --remove-signatures --rm --sign-by --sign-by-sigstore --sign-by-sigstore-private-key --sign-by-sq-fingerprint --sign-passphrase-file --tls-verify" values="--add-compression:none --authfile:files --cert-dir:directories --compression-format:gzip|zstd|zstd:chunked --compression-level:none --creds:none --digestfile:files --format:oci|v2s2|docker -f:oci|v2s2|docker --sign-by:none --sign-by-sigstore:files --sign-by-sigstore-private-key:files --sign-by-sq-fingerprint:none --sign-passphrase-file:files" ;;
        "manifest remove") subcommands="" arguments="none images" first= options="" values="" ;;
        "manifest rm") subcommands="" arguments="none" first= options="--ignore -i" values="" ;;
        "mount"|"container mount") subcommands="" arguments="containers" first= options="--all -a --format --latest -l --no-trunc" values="--format:json|" ;;
        "network connect") subcommands="" arguments="networks containers" first= options="--alias --ip --ip6 --mac-address" values="--alias:none --ip:none --ip6:none --mac-address:none" ;;
        "network create") subcommands="" arguments="none" first= options="--disable-dns --dns --driver -d --gateway --ignore --interface-name --internal --ip-range --ipam-driver --ipv6 --label --opt -o --route --subnet" values="--dns:none --driver:none -d:none --gateway:none --interface-name:none --ip-range:none --ipam-driver:host-local| --label:none --opt:none -o:none --route:none --subnet:none" ;;
        "network disconnect") subcommands="" arguments="networks containers" first= options="--force -f" values="" ;;
        "network exists") subcommands="" arguments="networks" first= options="" values="" ;;
        "network inspect") subcommands="" arguments="networks" first= options="--format -f" values="--format:none -f:none" ;;
        "network ls"|"network list") subcommands="" arguments="" first= options="--filter -f --format --no-trunc --noheading -n --quiet -q" values="--filter:none -f:none --format:none" ;;
        "network prune") subcommands="" arguments="" first= options="--filter --force -f" values="--filter:none" ;;
        "network reload") subcommands="" arguments="running" first= options="--all -a --latest -l" values="" ;;
        "network rm"|"network remove") subcommands="" arguments="networks" first= options="--force -f --time -t" values="--time:none -t:none" ;;
        "network update") subcommands="" arguments="networks" first= options="--dns-add --dns-drop" values="--dns-add:none --dns-drop:none" ;;
        "pause"|"container pause") subcommands="" arguments="running" first= options="--all -a --cidfile --filter -f --latest -l" values="--cidfile:files --filter:none -f:none" ;;
        "port"|"container port") subcommands="" arguments="containers none" first= options="--all -a --latest -l" values="" ;;
        "ps"|"container ps"|"container ls"|"container list") subcommands="" arguments="" first= options="--all -a --external --filter -f --format --last -n --latest -l --namespace --no-trunc --noheading --pod -p --quiet -q --size -s --sort --sync --watch -w" values="--filter:none -f:none --format:none --last:none -n:none --sort:command|created|id|image|names|runningfor|size|status --watch:none -w:none" ;;
        "pull"|"image pull") subcommands="" arguments="images" first= options="--all-tags -a --arch --authfile --cert-dir --creds --decryption-key --disable-content-trust --os --platform --policy --quiet -q --retry --retry-delay --tls-verify --variant" values="--arch:none --authfile:files --cert-dir:directories --creds:none --decryption-key:none --os:none --platform:none --policy:always|missing|never|newer --retry:none --retry-delay:none --variant:none" ;;
        "push"|"image push") subcommands="" arguments="images none" first= options="--all-tags -a --authfile --cert-dir --compress --compression-format --compression-level --creds --digestfile --disable-content-trust --encrypt-layer --encryption-key --force-compression --format -f --platform --quiet -q --remove-signatures --retry --retry-delay --sign-by --sign-by-sigstore --sign-by-sigstore-private-key --sign-by-sq-fingerprint --sign-passphrase-file --tls-verify" values="--authfile:files --cert-dir:directories --compression-format:gzip|zstd|zstd:chunked --compression-level:none --creds:none --digestfile:files --encrypt-layer:none --encryption-key:none --format:oci|v2s2|docker -f:oci|v2s2|docker --platform:none --retry:none --retry-delay:none --sign-by:none --sign-by-sigstore:files --sign-by-sigstore-private-key:files --sign-by-sq-fingerprint:none --sign-passphrase-file:files" ;;
        "rename"|"container rename") subcommands="" arguments="containers none" first= options="" values="" ;;
        "restart"|"container restart") subcommands="" arguments="containers" first= options="--all -a --cidfile --filter -f --latest -l --running --time -t" values="--cidfile:files --filter:none -f:none --time:none -t:none" ;;
        "rm"|"container rm") subcommands="" arguments="containers" first= options="--all -a --cidfile --depend --filter --force -f --ignore -i --latest -l --time -t --volumes -v" values="--cidfile:files --filter:none --time:none -t:none" ;;
        "rmi"|"image rm"|"image remove") subcommands="" arguments="images" first= options="--all -a --force -f --ignore -i --no-prune --platform" values="--platform:none" ;;
        "run"|"container run") subcommands="" arguments="images" first=1 options="--add-host --annotation --arch --attach -a --authfile --blkio-weight --blkio-weight-device --cap-add --cap-drop --cdi-spec-dir --cert-dir --cgroup-conf --cgroup-parent --cgroupns --cgroups --chrootdirs --cidfile --conmon-pidfile --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares -c --cpus --cpuset-cpus --cpuset-mems --creds --decryption-key --detach -d --detach-keys --device --device-cgroup-rule --device-read-bps --device-read-iops --device-write-bps --device-write-iops --disable-content-trust --dns --dns-option --dns-search --egress --entrypoint --env -e --env-file --env-host --env-merge --expose --gidmap --gpus --group-add --group-entry --health-cmd --health-interval --health-log-destination --health-max-log-count --health-max-log-size --health-on-failure --health-retries --health-start-interval --health-start-period --health-startup-cmd --health-startup-interval --health-startup-retries --health-startup-success --health-startup-timeout --health-timeout --hostname -h --hosts-file --hostuser --http-proxy --image-volume --init --init-path --interactive -i --ip --ip6 --ipc --label -l --label-file --lease --log-driver --log-opt --low-ports --mac-address --memory -m --memory-reservation --memory-swap --memory-swappiness --mount --name --network --network-alias --no-healthcheck --no-host-loopback --no-hostname --no-hosts --oom-kill-disable --oom-score-adj --os --passwd --passwd-entry --personality --pid --pidfile --pids-limit --platform --preserve-fd --preserve-fds --privileged --publish -p --publish-all -P --pull --quiet -q --rdt-class --read-only --read-only-tmpfs --replace --requires --restart --retry --retry-delay --rm --rmi --rootfs --sdnotify --seccomp-policy --secret --security-opt --shm-size --shm-size-systemd --sig-proxy --stop-signal --stop-timeout --strict-limits --subgidname --subuidname --sysctl --systemd --timeout --tls-verify --tmpfs --tty -t --tz --uidmap --ulimit --umask --unsetenv --unsetenv-all --user -u --userns --uts --variant --volume -v --volumes-from --workdir -w" values="--add-host:none --annotation:none --arch:none --attach:none -a:none --authfile:files --blkio-weight:none --blkio-weight-device:none --cap-add:capabilities --cap-drop:capabilities --cdi-spec-dir:directories --cert-dir:directories --cgroup-conf:none --cgroup-parent:none --cgroupns:none --cgroups:none --chrootdirs:none --cidfile:files --conmon-pidfile:files --cpu-period:none --cpu-quota:none --cpu-rt-period:none --cpu-rt-runtime:none --cpu-shares:none -c:none --cpus:none --cpuset-cpus:none --cpuset-mems:none --creds:none --decryption-key:none --detach-keys:none --device:none --device-cgroup-rule:none --device-read-bps:none --device-read-iops:none --device-write-bps:none --device-write-iops:none --dns:none --dns-option:none --dns-search:none --egress:none --entrypoint:none --env:none -e:none --env-file:files --env-merge:none --expose:none --gidmap:none --gpus:none --group-add:none --group-entry:none --health-cmd:none --health-interval:none --health-log-destination:none --health-max-log-count:none --health-max-log-size:none --health-on-failure:none|kill|restart|stop --health-retries:none --health-start-interval:none --health-start-period:none --health-startup-cmd:none --health-startup-interval:none --health-startup-retries:none --health-startup-success:none --health-startup-timeout:none --health-timeout:none --hostname:none -h:none --hosts-file:files --hostuser:none --image-volume:anonymous|bind|tmpfs|ignore --init-path:files --ip:none --ip6:none --ipc:none --label:none -l:none --label-file:files --lease:none --log-driver:none --log-opt:none --low-ports:refuse|shift --mac-address:none --memory:none -m:none --memory-reservation:none --memory-swap:none --memory-swappiness:none --mount:none --name:none --network:networks --network-alias:none --oom-score-adj:none --os:none --passwd-entry:none --personality:none --pid:none --pidfile:files --pids-limit:none --platform:none --preserve-fd:none --preserve-fds:none --publish:none -p:none --pull:always|missing|never|newer|true|false --rdt-class:none --requires:containers --restart:none --retry:none --retry-delay:none --sdnotify:container|conmon|healthy|ignore --seccomp-policy:default|image --secret:secrets --security-opt:none --shm-size:none --shm-size-systemd:none --stop-signal:signals --stop-timeout:none --subgidname:none --subuidname:none --sysctl:none --systemd:none --timeout:none --tmpfs:none --tz:none --uidmap:none --ulimit:none --umask:none --unsetenv:none --user:none -u:none --userns:none --uts:none --variant:none --volume:volumes -v:volumes --volumes-from:containers --workdir:none -w:none" ;;
        "save"|"image save") subcommands="" arguments="images" first= options="--compress --format --multi-image-archive -m --output -o --platform --quiet -q --uncompressed" values="--format:docker-archive|oci-archive|oci-dir|docker-dir --output:files -o:files --platform:none" ;;
        "search"|"image search") subcommands="" arguments="none" first= options="--authfile --cert-dir --compatible --creds --filter -f --format --limit --list-tags --no-trunc --tls-verify" values="--authfile:files --cert-dir:directories --creds:none --filter:none -f:none --format:none --limit:none" ;;
        "secret create") subcommands="" arguments="none files" first= options="--driver -d --driver-opts --env --ignore --label -l --replace" values="--driver:none -d:none --driver-opts:none --label:none -l:none" ;;
        "secret exists") subcommands="" arguments="secrets" first= options="" values="" ;;
        "secret inspect") subcommands="" arguments="secrets" first= options="--format -f --pretty --showsecret" values="--format:none -f:none" ;;
        "secret ls"|"secret list") subcommands="" arguments="" first= options="--filter -f --format --noheading -n --quiet -q" values="--filter:none -f:none --format:none" ;;
        "secret rm"|"secret remove") subcommands="" arguments="secrets" first= options="--all -a --ignore -i" values="" ;;
        "start"|"container start") subcommands="" arguments="stopped" first= options="--all --attach -a --detach-keys --filter -f --interactive -i --latest -l --sig-proxy" values="--detach-keys:none --filter:none -f:none" ;;
        "stats"|"container stats") subcommands="" arguments="running" first= options="--all -a --format --interval -i --latest -l --no-reset --no-stream --no-trunc" values="--format:none --interval:none -i:none" ;;
        "stop"|"container stop") subcommands="" arguments="running" first= options="--all -a --cidfile --filter -f --ignore -i --latest -l --time -t" values="--cidfile:files --filter:none -f:none --time:none -t:none" ;;
        "system check") subcommands="" arguments="" first= options="--force -f --max -m --quick -q --repair -r" values="--max:none -m:none" ;;
        "system df") subcommands="" arguments="" first= options="--format --verbose -v" values="--format:none" ;;
        "system migrate") subcommands="" arguments="" first= options="--migrate-db --new-runtime" values="--new-runtime:none" ;;
        "system prune") subcommands="" arguments="" first= options="--all -a --build --external --filter --force -f --volumes" values="--filter:none" ;;
        "system renumber") subcommands="" arguments="" first= options="" values="" ;;
        "system reset") subcommands="" arguments="" first= options="--force -f" values="" ;;
        "tag"|"image tag") subcommands="" arguments="images images" first= options="" values="" ;;
        "top"|"container top") subcommands="" arguments="running" first=1 options="--latest -l" values="" ;;
        "unmount"|"umount"|"container unmount"|"container umount") subcommands="" arguments="containers" first= options="--all -a --force -f --latest -l" values="" ;;
        "unpause"|"container unpause") subcommands="" arguments="running" first= options="--all -a --cidfile --filter -f --latest -l" values="--cidfile:files --filter:none -f:none" ;;
        "unshare") subcommands="" arguments="none" first=1 options="--give-back --rootless-netns" values="" ;;
        "untag"|"image untag") subcommands="" arguments="images images" first= options="" values="" ;;
        "update"|"container update") subcommands="" arguments="containers" first= options="--blkio-weight --blkio-weight-device --cpu-period --cpu-quota --cpu-rt-period --cpu-rt-runtime --cpu-shares -c --cpus --cpuset-cpus --cpuset-mems --device-read-bps --device-read-iops --device-write-bps --device-write-iops --env -e --health-cmd --health-interval --health-log-destination --health-max-log-count --health-max-log-size --health-on-failure --health-retries --health-start-interval --health-start-period --health-startup-cmd --health-startup-interval --health-startup-retries --health-startup-success --health-startup-timeout --health-timeout --latest -l --memory -m --memory-reservation --memory-swap --memory-swappiness --no-healthcheck --pids-limit --restart --ulimit --unsetenv" values="--blkio-weight:none --blkio-weight-device:none --cpu-period:none --cpu-quota:none --cpu-rt-period:none --cpu-rt-runtime:none --cpu-shares:none -c:none --cpus:none --cpuset-cpus:none --cpuset-mems:none --device-read-bps:none --device-read-iops:none --device-write-bps:none --device-write-iops:none --env:none -e:none --health-cmd:none --health-interval:none --health-log-destination:none --health-max-log-count:none --health-max-log-size:none --health-on-failure:none|kill|restart|stop --health-retries:none --health-start-interval:none --health-start-period:none --health-startup-cmd:none --health-startup-interval:none --health-startup-retries:none --health-startup-success:none --health-startup-timeout:none --health-timeout:none --memory:none -m:none --memory-reservation:none --memory-swap:none --memory-swappiness:none --pids-limit:none --restart:none --ulimit:none --unsetenv:none" ;;
        "version") subcommands="" arguments="" first= options="--format -f" values="--format:none -f:none" ;;
        "volume create") subcommands="" arguments="none" first= options="--driver -d --gid --ignore --label -l --opt -o --uid" values="--driver:none -d:none --gid:none --label:none -l:none --opt:none -o:none --uid:none" ;;
        "volume exists") subcommands="" arguments="volumes" first= options="" values="" ;;
        "volume export") subcommands="" arguments="volumes" first= options="--output -o" values="--output:files -o:files" ;;
        "volume import") subcommands="" arguments="volumes files" first= options="" values="" ;;
        "volume inspect") subcommands="" arguments="volumes" first= options="--all -a --format -f" values="--format:none -f:none" ;;
        "volume ls"|"volume list") subcommands="" arguments="" first= options="--filter -f --format --noheading -n --quiet -q" values="--filter:none -f:none --format:none" ;;
        "volume mount") subcommands="" arguments="volumes" first= options="" values="" ;;
        "volume prune") subcommands="" arguments="" first= options="--filter --force -f" values="--filter:none" ;;
        "volume reload") subcommands="" arguments="" first= options="" values="" ;;
        "volume rm"|"volume remove") subcommands="" arguments="volumes" first= options="--all -a --force -f --time -t" values="--time:none -t:none" ;;
        "volume unmount"|"volume umount") subcommands="" arguments="volumes" first= options="" values="" ;;
        "wait"|"container wait") subcommands="" arguments="containers" first= options="--condition --exit-first-match --ignore --interval -i --latest -l" values="--condition:stopped|exited|running|created|initialized|paused|configured|healthy|unhealthy --interval:none -i:none" ;;
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

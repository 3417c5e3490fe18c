#!/bin/sh
# Runs in the VM as alice: whole commands on systemd, cgroup v2 and an older kernel. Each step's output lands in $OUT/NAME, its exit code
# in $OUT/NAME.code; test/vm/*.test.ts read them.
# Usage: guest.sh DIRECTORY, which has dist.tar, base.tar, networks.sh and the program `messages`.
set -u
mkdir -p "$HOME/cala" "$HOME/bin"
tar -xf "$1/dist.tar" -C "$HOME/cala"
node -p process.execPath >"$HOME/cala/dist/node-path"
ln -sf "$HOME/cala/dist/cala-native" "$HOME/bin/cala"
PATH=$HOME/bin:$PATH
group=/sys/fs/cgroup

step() { # NAME COMMAND…
  name=$1
  shift
  "$@" >"$OUT/$name" 2>&1 </dev/null
  echo $? >"$OUT/$name.code"
}
run_step() { # NAME OPTION… -- WORD…; a container named by NAME that stays
  name=$1
  shift
  step "$name" cala run --name "$name" --network none "$@"
}
inside() { # NAME FILE…: files of the container's own control group, seen from within
  name=$1
  shift
  step "$name" cala exec "$name" sh -c 'cd /sys/fs/cgroup && for file in "$@"; do echo "$file $(tr "\n" " " <$file)"; done' sh "$@"
}
wait_for() { # COMMAND…: at most a minute
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || return 1
    sleep 0.2
  done
}

own_group() { sed -n 's/^0:://p' "/proc/$(cala inspect --format '{{.State.Pid}}' "$1")/cgroup"; }

step import cala import -q "$1/base.tar" bb
step info cala info --format json

# Limits of every kind, as the kernel has them, seen from within and from an exec.
disk=$(findmnt -n -o SOURCE / | sed 's/[0-9]*$//')
[ -b "$disk" ] || disk=$(echo /dev/vd?)
echo "$disk" >"$OUT/disk"
stat -c '%t:%T' "$disk" >>"$OUT/disk"
step limits-start cala run -d --name limits --network none -m 64m --memory-swap 96m --memory-reservation 32m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 0 --pids-limit 50 \
  --blkio-weight 200 --device-read-bps "$disk:1mb" --device-read-iops "$disk:200" --device-write-bps "$disk:2mb" --device-write-iops "$disk:100" --cgroup-conf memory.high=60000000 bb sleep 1000
inside limits memory.max memory.swap.max memory.low memory.high cpu.max cpu.weight cpuset.cpus pids.max io.max io.weight
step limits-exec cala exec limits sh -c 'cat /proc/self/cgroup; cat /sys/fs/cgroup/cgroup.procs'
step limits-stats cala stats --no-stream --format json limits
step limits-inspect cala inspect --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.BlkioWeight}} {{.State.CgroupPath}}' limits
step limits-update cala update --memory 128m --memory-swap -1 --cpus 1 --pids-limit 70 limits
step limits-updated cala exec limits sh -c 'cd /sys/fs/cgroup && cat memory.max memory.swap.max cpu.max pids.max'

# Frozen by the freezer; an exec of before, too.
step freeze-exec cala exec -d limits sh -c 'while true; do sleep 0.1; done'
step freeze cala pause limits
own=$(own_group limits)
step frozen cat "$group$own/cgroup.events" "$group$own/cgroup.freeze"
step freeze-refused cala exec limits true
step thaw cala unpause limits
step thawed cat "$group$own/cgroup.freeze"
step limits-remove cala rm -f -t 0 limits
scopes_are_gone() { [ -z "$(systemctl --user list-units --all 'cala-*' --no-legend)" ]; }
wait_for scopes_are_gone
step limits-gone sh -c "ls -d $group$own; systemctl --user list-units --all 'cala-*' --no-legend"

# What is over the limit.
run_step oom -m 16m --memory-swap 16m bb sh -c 'x=$(head -c 100000000 /dev/zero | tr "\0" x); echo survived'
step oom-state cala inspect --format '{{.State.OOMKilled}} {{.State.ExitCode}}' oom
run_step forks --pids-limit 10 bb sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; echo done'

# A container that was started without limits gets them, and keeps them when it is started again by its policy.
step late-start cala run -d --name late --network none --restart always bb sh -c 'sleep 1000 & wait'
step late-update cala update --memory 32m --pids-limit 33 late
both_run() { [ "$(grep -c . "$group$(own_group late)/cgroup.procs")" = 2 ]; }
wait_for both_run
step late sh -c 'cat "$1/memory.max" "$1/pids.max"; grep -c . "$1/cgroup.procs"' sh "$group$(own_group late)"
step late-exec cala exec -d late sleep 1000
step late-joined grep -c . "$group$(own_group late)/cgroup.procs"
step late-pause cala pause late
step late-frozen cat "$group$(own_group late)/cgroup.freeze"
step late-unpause cala unpause late
first=$(cala inspect --format '{{.State.Pid}}' late)
kill -9 "$first"
restarted() { [ "$(cala inspect --format '{{.RestartCount}} {{.State.Status}}' late)" = "1 running" ]; }
step late-restart wait_for restarted
step late-again cala exec late cat /sys/fs/cgroup/memory.max
step late-remove cala rm -f -t 0 late

# Places for the group.
step parent cala run --rm --network none --cgroup-parent cala-test.slice -m 32m --cgroupns host bb cat /proc/self/cgroup
step parent-bad cala run --rm --network none --cgroup-parent /system.slice/x -m 32m bb true
step enabled cala run --rm --network none --cgroups enabled --cgroupns host bb cat /proc/self/cgroup
step disabled cala run --rm --network none --cgroups disabled --cgroupns host bb cat /proc/self/cgroup
step split systemd-run --user --quiet --pipe --wait --property Delegate=yes --property IgnoreSIGPIPE=no "$HOME/bin/cala" run --rm --network none --cgroups split -m 32m --cgroupns host bb cat /proc/self/cgroup
step manager-systemd systemd-run --user --quiet --pipe --wait --property Delegate=yes --property IgnoreSIGPIPE=no "$HOME/bin/cala" --cgroup-manager systemd run --rm --network none -m 32m --cgroupns host bb cat /proc/self/cgroup
step manager-files cala --cgroup-manager cgroupfs run --rm --network none -m 32m --cgroupns host bb cat /proc/self/cgroup
step cgroupns cala run --rm --network none -m 32m bb cat /proc/self/cgroup
step strict cala run --rm --network none --strict-limits -m 32m bb echo kept
step missing cala run --rm --network none --cgroup-conf hugetlb.2MB.max=0 bb echo goes on
step missing-strict cala run --rm --network none --strict-limits --cgroup-conf hugetlb.2MB.max=0 bb echo must not
step weighed cala run --rm --network none --strict-limits --blkio-weight-device "$disk:300" bb true
step conf-bad cala run --rm --network none --cgroup-conf cgroup.procs=1 bb true
step conf-refused cala run --rm --network none --cgroup-conf memory.high=much bb true

# The plain life on this kernel and with systemd.
step life-storage cala info --format '{{.Store.GraphDriverName}}'
step life-run cala run --rm bb sh -c 'ip route | head -n 1; echo $(id -u)'
step life-slirp cala run --rm --network slirp4netns bb ip route
step life-volume cala run --rm --network none -v data:/data bb sh -c 'echo kept >/data/file'
step life-volume-again cala run --rm --network none -v data:/data bb cat /data/file
step life-start cala run -d --name web -p 18080:80 bb sh -c 'echo hello >/index.html; exec httpd -f -p 80 -h /'
web_answers() { [ "$(busybox wget -q -O - http://127.0.0.1:18080/)" = hello ]; }
step life-port wait_for web_answers
step life-exec cala exec web cat /index.html
step life-stop cala stop -t 1 web
step life-restart cala start web
step life-port-again wait_for web_answers
step life-rm cala rm -f -t 0 web
step life-rest cala rm -f -t 0 oom forks

. "$1/networks.sh"

# systemd as the first process, from the VM's own files.
mkdir -p /tmp/tree/usr /tmp/tree/etc /tmp/tree/proc /tmp/tree/sys /tmp/tree/dev /tmp/tree/run /tmp/tree/tmp /tmp/tree/var /tmp/tree/root
ln -s usr/bin /tmp/tree/bin; ln -s usr/sbin /tmp/tree/sbin; ln -s usr/lib /tmp/tree/lib; ln -s usr/lib64 /tmp/tree/lib64
cp /etc/passwd /etc/group /tmp/tree/etc/; : >/tmp/tree/etc/machine-id
tar -cf /tmp/tree.tar --owner=0 --group=0 -C /tmp/tree .
step init-import cala import -q /tmp/tree.tar tree
step init-start cala run -d --name init --network none -v /usr:/usr:ro tree /usr/lib/systemd/systemd multi-user.target
is_up() { timeout 60 cala exec init systemctl is-system-running --wait 2>&1 | grep -E '^(running|degraded)$'; }
step init-up wait_for is_up
step init-state cala exec init sh -c 'systemctl is-system-running; systemctl list-units --no-legend --failed; cat /proc/1/comm /proc/1/cgroup; systemctl is-active systemd-journald; stat -f -c %T /run /tmp'
step init-logs cala logs init
step init-stop cala stop -t 60 init
step init-end cala inspect --format '{{.State.ExitCode}} {{.State.OOMKilled}}' init
step init-remove cala rm -f init

# Security modules of this kernel.
step apparmor-missing cala run --rm --network none --security-opt apparmor=nothere bb true
step apparmor cala run --rm --network none --security-opt apparmor=unconfined bb cat /proc/self/attr/apparmor/current

step left sh -c 'cala ps -aq; for name in cala-monitor pasta slirp4netns; do pgrep -u alice -l "$name"; done; mount | grep "$HOME"; systemctl --user list-units --all "cala-*.scope" --no-legend; true'

#!/bin/sh
# Runs in the VM as root, on a kernel that was booted with SELinux: the policy is loaded and enforced, cala itself runs as alice. Each step's output
# lands in $OUT/NAME, its exit code in $OUT/NAME.code; test/vm/selinux.test.ts reads them.
# Usage: selinux.sh DIRECTORY, which has dist.tar, base.tar, common.sh and the compiled policy.
set -u
. "$1/common.sh"

mountpoint -q /sys/fs/selinux || mount -t selinuxfs none /sys/fs/selinux
contexts=/etc/selinux/targeted/contexts
step before-asked cala run --rm --network none --security-opt label=type:container_t bb true
step before cala run --rm --network none bb echo runs
mkdir -p $contexts
printf 'process = "base_u:base_r:container_t:s0"\ncontent = "x"\nfile = "base_u:object_r:container_file_t:s0"\nro_file = "base_u:object_r:container_ro_t:s0"\ninit_process = "base_u:base_r:container_init_t:s0"\n' >$contexts/lxc_contexts
dd if="$1/policy" of=/sys/fs/selinux/load bs=16M status=none
echo $? >"$OUT/load.code"
: >"$OUT/load"
# What this machine has made before the policy was there belongs to the host.
echo 1 >/sys/fs/selinux/enforce
cat /sys/fs/selinux/enforce >"$OUT/enforce"
echo 0 >"$OUT/enforce.code"

# Without asking: a label with categories of one's own, kept for later starts.
step labelled cala run -d --name labelled --network none --tmpfs /t bb sleep 1000
step current cala exec labelled cat /proc/self/attr/current
step mounts cala exec labelled sh -c 'cat /etc/hosts >/dev/null && echo hosts; echo x >/t/file && cat /t/file; echo y >/root-file && cat /root-file; grep -c container_file_t /proc/self/mountinfo'
step inspect cala inspect --format '{{.ProcessLabel}} {{.MountLabel}}' labelled
step again sh -c 'cala run --name twice --network none --systemd always bb cat /proc/self/attr/current 2>/dev/null; echo; cala start -a twice 2>/dev/null; echo; cala rm twice'
step level cala run --rm --network none --security-opt label=level:s0:c5,c6 --security-opt label=user:base_u bb cat /proc/self/attr/current
step unknown cala run --rm --network none --security-opt label=type:nothere_t bb true
step disabled cala run --rm --network none --security-opt label=disable bb cat /proc/self/attr/current
step privileged cala run --rm --network none --privileged --security-opt label=level:s0:c5,c6 bb cat /proc/self/attr/current
step info cala info --format '{{.Host.Security.SELinuxEnabled}}'
# CVE-2025-52881: a /proc that is not the kernel's must not swallow the label.
step false-proc sh -c 'mkdir -p ~/false/self/attr; : >~/false/self/attr/exec; chmod -R a+rwX ~/false; cala run --rm --network none -v ~/false:/proc:z bb echo runs; cat ~/false/self/attr/exec'

# What cannot be labelled runs without, and that is said.
step vfs cala --storage-driver vfs run --rm --network none bb cat /proc/self/attr/current
echo 0 >/sys/fs/selinux/booleans/may_confine && echo 1 >/sys/fs/selinux/commit_pending_bools
step forbidden cala run --rm --network none bb cat /proc/self/attr/current
echo 1 >/sys/fs/selinux/booleans/may_confine && echo 1 >/sys/fs/selinux/commit_pending_bools

# The wall: files of the host, of all containers, of one container.
step wall sh -c 'mkdir -p ~/data && echo of-the-host >~/data/file && cala run --rm --network none -v ~/data:/data bb cat /data/file'
step shared sh -c 'for level in s0:c1,c2 s0:c3,c4; do cala run --rm --network none --security-opt label=level:$level -v ~/data:/data:z bb cat /data/file; done; stat -c %C ~/data/file'
step private sh -c 'cala run --rm --network none --security-opt label=level:s0:c1,c2 -v ~/data:/data:Z bb cat /data/file'
step other sh -c 'cala run --rm --network none --security-opt label=level:s0:c3,c4 -v ~/data:/data bb cat /data/file'
step volume sh -c 'cala run --rm --network none --security-opt label=level:s0:c1,c2 -v kept:/data bb sh -c "echo kept >/data/file"; cala run --rm --network none --security-opt label=level:s0:c3,c4 -v kept:/data bb cat /data/file'
step home cala run --rm --network none -v /home:/h:z bb true
step remove cala rm -f -t 0 labelled
dmesg | grep 'avc: *denied' | tail -n 60 >"$OUT/denied"

#!/bin/sh
# Runs in the VM as root: what only root of a host can arrange (AppArmor profiles, forbidden namespaces); cala itself runs as alice. Each
# step's output lands in $OUT/NAME, its exit code in $OUT/NAME.code; test/vm/walls.test.ts reads them.
# Usage: walls.sh DIRECTORY, which has dist.tar, base.tar, common.sh and the compiled profiles.
set -u
. "$1/common.sh"

for profile in soft hard; do
  cat "$1/$profile.policy" >/sys/kernel/security/apparmor/.load 2>"$OUT/load-$profile"
  echo $? >"$OUT/load-$profile.code"
done
step soft cala run --rm --network none --security-opt apparmor=cala-test-soft bb cat /proc/self/attr/current
step soft-exec sh -c 'cala run -d --name soft --network none --security-opt apparmor=cala-test-soft bb sleep 1000 >/dev/null && cala exec soft cat /proc/self/attr/current && cala inspect --format "{{.AppArmorProfile}}" soft && cala rm -f -t 0 soft'
step hard cala run --rm --network none --security-opt apparmor=cala-test-hard bb cat /etc/passwd
step unconfined cala run --rm --network none --security-opt apparmor=unconfined bb cat /proc/self/attr/current
step missing cala run --rm --network none --security-opt apparmor=cala-test-none bb true

for setting in user.max_user_namespaces=0 kernel.unprivileged_userns_clone=0; do
  key=${setting%%=*}
  before=$(sysctl -n "$key")
  sysctl -qw "$setting"
  step "rung-$key" cala run --rm --network none bb sh -c 'id -u; touch /f; chown 5:6 /f; stat -c %u:%g /f; cat /home/alice/base.tar 2>/dev/null | wc -c'
  step "doctor-$key" cala doctor
  sysctl -qw "$key=$before"
done
step again cala run --rm --network none bb readlink /proc/self/ns/user

# The journal: one that only its group may read, then one on the disk with a file for each user.
step journal-closed sh -c 'cala run --name closed --network none --log-driver journald bb echo unread && cala logs closed'
mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=persistent\n' >/etc/systemd/journald.conf.d/zz-kept.conf
systemctl restart systemd-journald
journalctl --flush
step journal-run cala run -d --name told --network none --log-driver journald --log-opt tag=tagged bb sh -c 'echo to the journal; echo of errors >&2; echo last; sleep 1000'
step journal-id cala inspect --format '{{.Id}} {{.HostConfig.LogConfig.Type}}' told
told() { journalctl --sync; [ "$(runuser -u "$user" -- journalctl -q -o cat CONTAINER_NAME=told | grep -c .)" = 3 ]; }
tries=0
until told || [ $tries -gt 150 ]; do tries=$((tries + 1)); sleep 0.2; done
step journal-logs cala logs told
step journal-tail cala logs --tail 1 told
step journal-names cala logs --names --timestamps told told
step journal-apart sh -c 'cala logs told 2>/dev/null'
step journal-follow sh -c 'cala run -d --name short --network none --log-driver journald bb sh -c "printf one-; sleep 1; echo two; head -c 20000 /dev/zero | tr \\\\0 x; echo; echo last" >/dev/null; cala logs --follow short'
step journal-found journalctl -q -o json --output-fields=MESSAGE,PRIORITY,CONTAINER_ID,CONTAINER_ID_FULL,CONTAINER_TAG,IMAGE_NAME,SYSLOG_IDENTIFIER,_UID CONTAINER_NAME=told
step journal-by-tag journalctl -q -o cat -t tagged
step journal-remove cala rm -f -t 0 told short closed

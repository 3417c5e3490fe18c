#!/bin/sh
# Runs in the VM as root: what only root of a host can arrange (AppArmor profiles, forbidden namespaces); cala itself runs as alice. Each
# step's output lands in $OUT/NAME, its exit code in $OUT/NAME.code; test/vm/walls.test.ts reads them.
# Usage: walls.sh DIRECTORY, which has dist.tar, base.tar and the compiled profiles.
set -u
user=alice
home=/home/$user
mkdir -p "$home/cala" "$home/bin"
tar -xf "$1/dist.tar" -C "$home/cala"
node -p process.execPath >"$home/cala/dist/node-path"
ln -sf "$home/cala/dist/cala-native" "$home/bin/cala"
cp "$1/base.tar" "$home/base.tar"
chown -R "$user:" "$home/cala" "$home/bin" "$home/base.tar"

step() { # NAME COMMAND…; by alice
  name=$1
  shift
  (cd "$home" && runuser -u "$user" -- env HOME="$home" USER="$user" XDG_RUNTIME_DIR="/run/user/$(id -u "$user")" PATH="$home/bin:$PATH" "$@") >"$OUT/$name" 2>&1 </dev/null
  echo $? >"$OUT/$name.code"
}

step import cala import -q "$home/base.tar" bb
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

# The journal: one that only its group may read, then one with a file for each user.
step journal-closed sh -c 'cala run --name closed --network none --log-driver journald bb echo unread && cala logs closed'
mkdir -p /etc/systemd/journald.conf.d
printf '[Journal]\nStorage=persistent\n' >/etc/systemd/journald.conf.d/zz-kept.conf
systemctl restart systemd-journald
journalctl --flush
step journal cala run --name journal --network none --log-driver journald --log-opt tag=marked bb sh -c 'echo to the journal; echo wrong >&2'
step journal-arrived sh -c 'for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do journalctl --quiet CONTAINER_NAME=journal | grep -q wrong && exit 0; sleep 1; done; exit 1'
step journal-logs cala logs journal
step journal-last cala logs --tail 1 journal
step journal-fields journalctl --quiet --no-pager --output=json --output-fields=MESSAGE,PRIORITY,CONTAINER_NAME,CONTAINER_ID,CONTAINER_TAG CONTAINER_NAME=journal
step journal-rm cala rm journal closed

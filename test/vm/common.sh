# For scripts that run in the VM as root: installs cala for alice, with the image bb, and has `step`.
# Usage: . common.sh, with the directory that has dist.tar and base.tar as $1.
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

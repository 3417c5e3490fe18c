#!/bin/sh
# Installs cala: ./install.sh [--prefix DIR] [--uninstall] [--no-packages]. Running it again is quick and harmless.
# As an ordinary user it installs to ~/.local, as root to /usr/local with an account `cala` that root's containers belong to.
set -eu

usage="usage: ./install.sh [--prefix DIR] [--uninstall] [--no-packages]

  --prefix DIR    install below DIR (default: ~/.local, for root /usr/local)
  --uninstall     remove what was installed below the prefix
  --no-packages   install no packages of the distribution, only say which are missing"

say() { printf '%s\n' "$*"; }
die() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }
user_name() { id -un; }

# --- What a host needs: one line each -------------------------------------------------------------------------------
# test function | apt | dnf | apk | pacman | zypper | what its lack costs. Packages after "or" are tried when the first are not to be had.
host_needs() {
  cat <<'TEXT'
has_compiler|gcc musl-tools make libc6-dev linux-libc-dev|gcc musl-gcc make kernel-headers or gcc glibc-static make kernel-headers|gcc musl-dev make linux-headers|gcc musl make linux-api-headers|gcc make glibc-devel glibc-devel-static linux-glibc-devel|the native program cannot be built
has_musl|musl-tools|musl-gcc|musl-dev|musl|musl|the native program is larger: half a megabyte more memory per container
has_newuidmap|uidmap|shadow-utils|shadow-uidmap|shadow|shadow|containers have a single user id: images with more users work only partly
has_network|passt or slirp4netns|passt or slirp4netns|passt or slirp4netns|passt or slirp4netns|passt or slirp4netns|containers have no network unless they use the host's
has_slirp|slirp4netns|slirp4netns|slirp4netns|slirp4netns|slirp4netns|no network for containers while the host has no default route
has_overlay|fuse-overlayfs|fuse-overlayfs|fuse-overlayfs|fuse-overlayfs|fuse-overlayfs|where the kernel refuses overlay mounts, each container is a full copy of its image
has_seccomp|libseccomp2|libseccomp|libseccomp|libseccomp|libseccomp2|containers run without a filter of system calls
has_zstd|zstd|zstd|zstd|zstd|zstd|layers compressed with zstd cannot be unpacked by older Node
TEXT
}

system_path="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
have_anywhere() { PATH=$system_path command -v "$1" >/dev/null 2>&1; }
has_newuidmap() { have_anywhere newuidmap && have_anywhere newgidmap; }
has_network() { have_anywhere pasta || have_anywhere slirp4netns; }
has_slirp() { have_anywhere slirp4netns; }
has_overlay() { have_anywhere fuse-overlayfs; }
has_zstd() { have_anywhere zstd; }
has_seccomp() {
  for dir in /usr/lib /usr/lib64 /lib /lib64 /usr/lib/*-linux-gnu /lib/*-linux-gnu; do
    [ ! -e "$dir/libseccomp.so.2" ] || return 0
  done
  return 1
}
has_compiler() {
  [ ! -x "$source_dir/dist/cala-native" ] || [ -w "$source_dir/dist" ] || return 0
  have make || return 1
  [ -e /usr/include/linux/version.h ] || return 1
  have musl-gcc && return 0
  have gcc || return 1
  found=$(gcc -print-file-name=libc.a) && [ "$found" != libc.a ]
}

# Asked after the compiler: only who builds needs it.
has_musl() { have musl-gcc || { [ -x "$source_dir/dist/cala-native" ] && [ ! -w "$source_dir/dist" ]; } || gcc -dumpmachine 2>/dev/null | grep -q musl; }

# --- Packages ---------------------------------------------------------------------------------------------------------
package_manager() {
  for manager in apt-get dnf apk pacman zypper none; do
    have_anywhere "$manager" && break
  done
  say "$manager"
}

# Runs a command as root: directly, or by sudo where that is allowed. A password is asked for only on a terminal.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif [ "$root_by" = sudo ]; then
    sudo "$@"
  else
    return 1
  fi
}

find_root() {
  root_by=none
  if [ "$(id -u)" = 0 ]; then
    root_by=self
  elif have sudo && sudo -n true 2>/dev/null; then
    root_by=sudo
  elif have sudo && [ -t 0 ] && id -Gn | tr ' ' '\n' | grep -qxE 'sudo|wheel|admin'; then
    root_by=sudo
  fi
}

install_packages() { # words: package names
  case $manager in
    apt-get) as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" ;;
    dnf) as_root dnf install -q -y --setopt=install_weak_deps=False "$@" ;;
    apk) as_root apk add -q "$@" ;;
    pacman) as_root pacman -S --needed --noconfirm --quiet "$@" ;;
    zypper) as_root zypper -q -n install --no-recommends "$@" ;;
    *) return 1 ;;
  esac </dev/null >"$work/packages.log" 2>&1
}

refresh_packages() {
  case $manager in
    apt-get) as_root apt-get update -qq ;;
    apk) as_root apk update -q ;;
    pacman) as_root pacman -Sy --quiet ;;
    zypper) as_root zypper -q -n refresh ;;
    *) return 0 ;;
  esac </dev/null >"$work/refresh.log" 2>&1
}

packages_of() { # a line of host_needs → its packages for this manager
  case $manager in
    apt-get) field=2 ;; dnf) field=3 ;; apk) field=4 ;; pacman) field=5 ;; *) field=6 ;;
  esac
  printf '%s' "$1" | cut -d'|' -f"$field"
}

# Installs one line's packages: the first set of names that can be had.
install_need() {
  rest=$1
  while [ -n "$rest" ]; do
    case $rest in
      *" or "*) set_of_names=${rest%%" or "*} rest=${rest#*" or "} ;;
      *) set_of_names=$rest rest= ;;
    esac
    # shellcheck disable=SC2086 # names of packages, split at spaces
    install_packages $set_of_names && return 0
  done
  return 1
}

missing_needs() {
  host_needs | while IFS= read -r line; do
    "${line%%|*}" || printf '%s\n' "$line"
  done
}

install_host_packages() {
  missing_needs >"$work/missing"
  [ -s "$work/missing" ] || return 0
  manager=$(package_manager)
  find_root
  if [ "$root_by" != none ] && [ "$manager" != none ] && [ "$packages" = yes ]; then
    refresh_packages || say "the lists of packages could not be refreshed"
    while IFS= read -r line <&4; do
      wanted=$(packages_of "$line")
      say "installing $wanted"
      install_need "$wanted" || say "  could not: $(tail -n 1 "$work/packages.log")"
    done 4<"$work/missing"
    missing_needs >"$work/missing"
  fi
  while IFS= read -r line; do
    say "missing: $(packages_of "$line") (as root: $(install_hint) $(packages_of "$line" | sed 's/ or .*//')): ${line##*|}"
  done <"$work/missing"
}

install_hint() {
  case $manager in apk) say "apk add" ;; pacman) say "pacman -S" ;; none) say "install" ;; *) say "$manager install" ;; esac
}

# --- Node and the build -----------------------------------------------------------------------------------------------
check_node() {
  have node || die "Node 20 or newer is needed and there is no node on PATH; get it from https://nodejs.org/en/download or your distribution (packages nodejs and npm)"
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || die "Node 20 or newer is needed, this is $(node --version); get it from https://nodejs.org/en/download"
}

# Whether node_modules is what package-lock.json asks for.
modules_current() {
  [ -e "$source_dir/node_modules/.package-lock.json" ] &&
    [ -z "$(find "$source_dir/package-lock.json" -newer "$source_dir/node_modules/.package-lock.json")" ]
}

install_modules() {
  modules_current && return 0
  have npm || die "npm is needed to install cala's packages; it comes with Node from https://nodejs.org/en/download, or as your distribution's package npm"
  say "installing npm packages"
  (cd "$source_dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >"$work/npm.log" 2>&1) ||
    { cat "$work/npm.log" >&2; die "npm ci failed"; }
}

build_cala() {
  if [ ! -w "$source_dir" ]; then
    [ -x "$source_dir/dist/cala-native" ] || die "\"$source_dir\" is not yours to write and cala is not built there; clone it to a directory of your own"
    return 0
  fi
  install_modules
  (cd "$source_dir" && unset NODE_EXTRA_CA_CERTS NODE_OPTIONS && node cli/build.mjs >"$work/build.log" 2>&1) ||
    { cat "$work/build.log" >&2; die "the build failed"; }
  [ -x "$source_dir/dist/cala-native" ] || { cat "$work/build.log" >&2; die "the build made no native program"; }
}

# --- Accounts, subordinate ids, devices ---------------------------------------------------------------------------------
has_subordinate_ids() { # ACCOUNT
  for file in /etc/subuid /etc/subgid; do
    grep -qsE "^($1|$(id -u "$1")):[0-9]+:[0-9]+" "$file" || return 1
  done
}

# The first id above every range in use, and at least 100000.
next_subordinate_id() {
  cat /etc/subuid /etc/subgid 2>/dev/null | awk -F: 'BEGIN { next_id = 100000 } $2 + $3 > next_id { next_id = $2 + $3 } END { print next_id }'
}

add_subordinate_ids() { # ACCOUNT; as root
  first=$(next_subordinate_id)
  if as_root usermod --add-subuids "$first-$((first + 65535))" --add-subgids "$first-$((first + 65535))" "$1" 2>/dev/null; then return 0; fi
  for file in /etc/subuid /etc/subgid; do
    # No usermod (Alpine): the files are plain lines.
    as_root sh -c 'printf "%s\n" "$1" >>"$2"' sh "$1:$first:65536" "$file" || return 1
  done
}

ensure_subordinate_ids() { # ACCOUNT
  has_subordinate_ids "$1" && return 0
  [ -n "${root_by:-}" ] || find_root
  if [ "$root_by" != none ] && add_subordinate_ids "$1"; then
    say "gave \"$1\" the subordinate ids from $first"
    return 0
  fi
  first=$(next_subordinate_id)
  say "missing: subordinate ids (as root: usermod --add-subuids $first-$((first + 65535)) --add-subgids $first-$((first + 65535)) $1): containers have a single user id"
}

ensure_devices() {
  for device in /dev/fuse /dev/net/tun; do
    [ -e "$device" ] || continue
    [ "$(id -u)" != 0 ] || chmod 0666 "$device" 2>/dev/null || true
    if [ -r "$device" ] && [ -w "$device" ]; then continue; fi
    say "missing: access to $device (as root: chmod 0666 $device): $([ "$device" = /dev/fuse ] && say "fuse-overlayfs cannot be used" || say "containers have no network of their own")"
  done
}

# The account that containers started by root belong to, so that container root is never the host's.
ensure_account() {
  if ! id cala >/dev/null 2>&1; then
    say "making the account \"cala\""
    if have_anywhere useradd; then
      PATH=$system_path useradd --system --user-group --home-dir /var/lib/cala --create-home --shell "$(nologin_shell)" cala
    else
      PATH=$system_path addgroup -S cala
      PATH=$system_path adduser -S -D -h /var/lib/cala -s "$(nologin_shell)" -G cala cala
    fi
    record account cala
  fi
  mkdir -p /var/lib/cala
  chown cala: /var/lib/cala
  chmod 0700 /var/lib/cala
  ensure_subordinate_ids cala
}

nologin_shell() { PATH=$system_path command -v nologin || say /bin/false; }

as_account() { # ACCOUNT COMMAND WORDS…, without a login shell of its own
  account=$1
  shift
  if have_anywhere runuser; then PATH=$system_path runuser -u "$account" -- "$@"; else su -s /bin/sh "$account" -c 'exec "$0" "$@"' -- "$@"; fi
}

# --- Files ----------------------------------------------------------------------------------------------------------------
# The manifest has one line per thing made: its kind and its path. It is what --uninstall goes by.
record() { grep -qsxF "$1 $2" "$manifest" || printf '%s %s\n' "$1" "$2" >>"$manifest"; }

make_dir() {
  [ -d "$1" ] && return 0
  make_dir "$(dirname "$1")"
  mkdir "$1"
  record dir "$1"
}

link_file() { # TARGET LINK
  make_dir "$(dirname "$2")"
  if [ -e "$2" ] && [ ! -L "$2" ]; then die "\"$2\" is in the way: it was not made by this script"; fi
  ln -sfn "$1" "$2"
  record file "$2"
}

copy_file() { # FROM TO
  make_dir "$(dirname "$2")"
  record file "$2"
  cmp -s "$1" "$2" && return 0
  cp "$1" "$2.new" && chmod a+rX "$2.new" && mv -f "$2.new" "$2"
}

# Root's containers run as another account, which may be unable to enter the clone (/root is 0700) or to run root's own Node.
copy_program() {
  program_dir=$prefix/lib/cala
  for name in cala-native cala.cjs cala-main.js koffi.node $(cd "$source_dir/dist" && ls -- *.cache 2>/dev/null || true); do
    copy_file "$source_dir/dist/$name" "$program_dir/$name"
  done
  node=$(node -p process.execPath)
  if ! as_account cala "$node" --version >/dev/null 2>&1; then
    copy_file "$node" "$program_dir/node"
    node=$program_dir/node
  fi
  printf '%s\n' "$node" >"$work/node-path"
  copy_file "$work/node-path" "$program_dir/node-path"
}

install_files() {
  record file "$manifest"
  if [ "$(id -u)" = 0 ]; then
    ensure_account
    copy_program
  else
    program_dir=$source_dir/dist
  fi
  link_file "$program_dir/cala-native" "$prefix/bin/cala"
  for page in "$source_dir"/man/*.1; do
    copy_file "$page" "$prefix/share/man/man1/${page##*/}"
  done
  copy_file "$source_dir/completions/cala.bash" "$prefix/share/bash-completion/completions/cala"
  copy_file "$source_dir/completions/_cala" "$prefix/share/zsh/site-functions/_cala"
  copy_file "$source_dir/completions/cala.fish" "$prefix/share/fish/vendor_completions.d/cala.fish"
}

say_path() {
  case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) say "add to ~/.profile: export PATH=\"$prefix/bin:\$PATH\"" ;;
  esac
}

first_container() {
  "$prefix/bin/cala" run --rm localhost/cala-hello || die "the first container did not run (status $?); \"$prefix/bin/cala info\" says what this host has"
}

# --- Removal --------------------------------------------------------------------------------------------------------------
uninstall() {
  [ -e "$manifest" ] || manifest=$former_manifest
  [ -e "$manifest" ] || { say "nothing is installed below \"$prefix\""; return 0; }
  cp "$manifest" "$work/manifest"
  while read -r kind path; do
    [ "$kind" != file ] || rm -f -- "$path"
  done <"$work/manifest"
  # Deepest first, and only what is empty: others may have put files there since.
  sed -n 's/^dir //p' "$work/manifest" | sort -r | while IFS= read -r path; do rmdir -- "$path" 2>/dev/null || true; done
  if grep -qx 'account cala' "$work/manifest"; then remove_account; fi
  say "removed cala from \"$prefix\"; packages of the distribution, images and containers were left"
}

# The account goes with its images, but not while it has containers or volumes.
remove_account() {
  data=/var/lib/cala/.local/share/cala
  if [ -n "$(ls "$data/containers" "$data/volumes" 2>/dev/null | grep -v ':$')" ]; then
    say "kept the account \"cala\": it has containers or volumes in /var/lib/cala (to remove all: userdel --remove cala)"
    return 0
  fi
  rm -rf /var/lib/cala
  PATH=$system_path userdel cala 2>/dev/null || PATH=$system_path deluser cala 2>/dev/null || say "the account \"cala\" could not be removed"
  for file in /etc/subuid /etc/subgid; do
    if grep -qs '^cala:' "$file"; then sed -i '/^cala:/d' "$file"; fi
  done
}

main() {
  prefix= action=install packages=yes
  while [ $# -gt 0 ]; do
    case $1 in
      --prefix) [ $# -ge 2 ] || die "--prefix needs a directory"; prefix=$2; shift ;;
      --prefix=*) prefix=${1#--prefix=} ;;
      --uninstall) action=uninstall ;;
      --no-packages) packages=no ;;
      -h | --help) say "$usage"; exit 0 ;;
      *) say "$usage" >&2; die "unknown option \"$1\"" ;;
    esac
    shift
  done
  source_dir=$(cd "$(dirname "$0")" && pwd)
  if [ "$(id -u)" = 0 ]; then default_prefix=/usr/local; else default_prefix=$HOME/.local; fi
  prefix=${prefix:-$default_prefix}
  case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
  manifest=$prefix/lib/cala/installed
  former_manifest=$prefix/share/cala/installed # which is in the store, where the prefix is ~/.local
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  if [ "$action" = uninstall ]; then uninstall; return 0; fi
  check_node
  install_host_packages
  build_cala
  make_manifest
  install_files
  [ "$(id -u)" = 0 ] || ensure_subordinate_ids "$(user_name)"
  ensure_devices
  say_path
  first_container
}

# Starts the manifest with the directories that have to be made for itself.
make_manifest() {
  [ ! -e "$manifest" ] || return 0
  kept=$manifest manifest=$work/manifest
  mv "$former_manifest" "$manifest" 2>/dev/null || : >"$manifest"
  make_dir "$(dirname "$kept")"
  mv "$manifest" "$kept"
  manifest=$kept
}

# test/run uses the functions above.
[ -n "${CALA_INSTALL_FUNCTIONS:-}" ] || main "$@"

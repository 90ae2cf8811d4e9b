# Sourced after environment.sh: folders that hold another Debian, made once by debootstrap, entered by chroot. Root only.
# shellcheck shell=bash
BOXES=${HIGHPER_BOXES:-${XDG_CACHE_HOME:-$HOME/.cache}/highper}
DEBIAN_MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

# Runs this script again in mount and process namespaces of its own: whatever it mounts or starts is gone when it ends.
box_alone() {
    [ "$(id -u)" = 0 ] || die "${0##*/} needs root (debootstrap, mount, chroot)"
    if [ -n "${HIGHPER_ALONE:-}" ]; then return; fi
    have debootstrap || install_packages debootstrap
    export HIGHPER_ALONE=1
    exec unshare --mount --propagation private --pid --mount-proc --fork --kill-child "$0" "$@"
}

# make_box NAME SUITE PACKAGE…: a minimal Debian with these packages. It is made again when the list has changed.
make_box() {
    local name=$1 suite=$2 packages made
    shift 2
    BOX=$BOXES/$name
    packages=$(IFS=,; printf '%s' "$*")
    made="$suite $packages"
    if [ "$(cat "$BOX/.made" 2>/dev/null)" = "$made" ]; then return; fi
    case $BOX in "$BOXES"/?*) rm -rf --one-file-system "$BOX" ;; esac
    mkdir -p "$BOX"
    say "making $BOX: Debian $suite"
    debootstrap --variant=minbase ${packages:+"--include=$packages"} "$suite" "$BOX" "$DEBIAN_MIRROR" >"$BOX.log" 2>&1 ||
        die "debootstrap failed: see $BOX.log"
    printf '%s\n' "$made" >"$BOX/.made"
}

bind() {
    mkdir -p "$BOX$2"
    mount --bind "$1" "$BOX$2"
}

# Mounts the checkout at /src, and what every process expects.
open_box() {
    bind "$ROOT" /src
    mkdir -p "$BOX/proc" "$BOX/dev/shm"
    mount -t proc proc "$BOX/proc"
    bind /dev /dev
    # A bind is of one file system: terminals are another.
    bind /dev/pts /dev/pts
    mount -t tmpfs -o mode=1777 tmpfs "$BOX/dev/shm"
    # The machine's own way out: names, certificates and apt's settings (a proxy, say).
    install -m 0644 /etc/resolv.conf "$BOX/etc/resolv.conf"
    if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
        install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$BOX/etc/ssl/certs/ca-certificates.crt"
    fi
    local file
    for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
        if [ -f "$file" ] && grep -qi proxy "$file"; then install -D -m 0644 "$file" "$BOX$file"; fi
    done
}

# Lends the machine's toolchain and crates; what is built stays in NAME's own folder beside the box.
share_cargo() {
    bind "${CARGO_HOME:-$HOME/.cargo}" /opt/cargo
    bind "${RUSTUP_HOME:-$HOME/.rustup}" /opt/rustup
    mkdir -p "$BOX-target"
    bind "$BOX-target" /target
    BOX_ENV+=(CARGO_HOME=/opt/cargo RUSTUP_HOME=/opt/rustup CARGO_TARGET_DIR=/target "CARGO_FLAGS=${CARGO_FLAGS:-}")
    BOX_PATH=/opt/cargo/bin:$BOX_PATH
}

BOX_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
BOX_ENV=(HOME=/root LANG=C.UTF-8)
for name in http_proxy https_proxy no_proxy CARGO_HTTP_CAINFO CARGO_TERM_COLOR CARGO_NET_RETRY HIGHPER_PROFILE HIGHPER_JIT; do
    if [ -n "${!name:-}" ]; then BOX_ENV+=("$name=${!name}"); fi
done

in_box() { chroot "$BOX" /usr/bin/env -i "${BOX_ENV[@]}" "PATH=$BOX_PATH" "$@"; }

# Lays a throw-away layer over the box: what this run changes is gone with it, and the next finds a fresh machine again.
fresh_box() {
    local layer=$BOXES/.layer
    mkdir -p "$layer" "$BOX-fresh"
    mount -t tmpfs -o mode=0755 tmpfs "$layer"
    mkdir "$layer/upper" "$layer/work"
    mount -t overlay overlay -o "lowerdir=$BOX,upperdir=$layer/upper,workdir=$layer/work" "$BOX-fresh"
    BOX=$BOX-fresh
}

# install_in_box PACKAGE…: those of them that are missing. No service of theirs is started.
install_in_box() {
    local package options=() missing=()
    # shellcheck disable=SC2206
    options=(${APT_OPTIONS:-})
    for package in "$@"; do
        in_box dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    if [ ${#missing[@]} = 0 ]; then return; fi
    in_box apt-get -qq "${options[@]}" update || die "apt-get update failed in $BOX"
    printf '#!/bin/sh\nexit 101\n' >"$BOX/usr/sbin/policy-rc.d"
    chmod 755 "$BOX/usr/sbin/policy-rc.d"
    say "installing ${missing[*]} in $BOX"
    in_box env DEBIAN_FRONTEND=noninteractive apt-get -y -qq --no-install-recommends "${options[@]}" install "${missing[@]}" >/dev/null ||
        die "apt-get install failed in $BOX"
}

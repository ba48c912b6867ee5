# shellcheck shell=bash
# What the set-up scripts share: one-line messages, and packages of the distribution. To be sourced.
# Messages go to stderr, so that a script's answer stands alone on stdout.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export VENV=$ROOT/.venv
LOGS=$ROOT/build

say() { printf '[set-up] %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }
is_debian() { command -v apt-get >/dev/null && [ -e /etc/debian_version ]; }
has_systemd() { [ -d /run/systemd/system ]; }

# apt_run ARGUMENT... : apt-get, waiting for its lock, since a machine that has just booted updates itself.
apt_run() {
    mkdir -p "$LOGS"
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" >>"$LOGS/apt.log" 2>&1 </dev/null
}

# The lists of packages, once. Without a network those at hand have to do.
apt_updated=no
apt_update() {
    if [ "$apt_updated" = no ]; then apt_run update || say "apt-get update failed; going on with the lists at hand"; fi
    apt_updated=yes
}

apt_offers() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

# apt_install PACKAGE... : from the distribution, without starting the services that they carry
# (we start what we need ourselves, so that we know what we started).
apt_install() {
    say "installing from the distribution: $* (log: $LOGS/apt.log)"
    apt_update
    (
        policy=/usr/sbin/policy-rc.d
        if [ ! -e "$policy" ]; then
            trap 'rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod +x "$policy"
        fi
        apt_run install "$@"
    ) && return 0
    say "could not install $*; the end of $LOGS/apt.log:"
    tail -n 3 "$LOGS/apt.log" | sed 's/^/    /' >&2
    return 1
}

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

# apt_install PACKAGE... : from the distribution, without starting the services that they carry
# (we start what we need ourselves, so that we know what we started).
apt_install() (
    mkdir -p "$LOGS"
    log=$LOGS/apt.log
    policy=/usr/sbin/policy-rc.d
    say "installing from the distribution: $* (log: $log)"
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
    # The lock is waited for: a machine that has just booted updates itself.
    set -- apt-get -y -o DPkg::Lock::Timeout=300 install "$@"
    {
        apt-get -q -o DPkg::Lock::Timeout=300 update || echo "apt-get update failed; trying with the lists at hand"
        "$@"
    } >"$log" 2>&1 </dev/null && return 0
    say "failed: $*; the end of $log:"
    tail -n 5 "$log" | sed 's/^/    /' >&2
    return 1
)

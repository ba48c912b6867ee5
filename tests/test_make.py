"""The Makefile and the set-up scripts, as far as they can be tried in moments and without touching the machine."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TARGETS = ("run", "test", "test-unit", "check", "bench", "clean", "setup", "lock", "stop-engine")
SCRIPTS = sorted(path for path in (ROOT / ".ci").iterdir() if path.name == "run" or path.suffix == ".sh")


def run(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL"}}
    return subprocess.run(
        argv, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_make_alone_lists_each_target_in_one_line() -> None:
    result = run("make")
    assert result.returncode == 0
    listed = re.findall(r"^ {2}make ([a-z-]+) +\S", result.stdout, re.MULTILINE)
    assert set(TARGETS) <= set(listed)
    assert len(listed) == len(set(listed)) == len(result.stdout.splitlines())


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_has_steps(target: str) -> None:
    result = run("make", "--dry-run", target)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_make_run_asks_for_eight_writers_on_the_engine_that_was_found() -> None:
    steps = run("make", "--dry-run", "run", "ENGINE=local").stdout
    assert ".ci/engine.sh ensure local" in steps
    assert "harness run shared-append --writers 8 --engine $engine" in steps


def test_the_local_engine_is_announced_plainly() -> None:
    result = run(".ci/engine.sh", "ensure", "local")
    assert (result.returncode, result.stdout) == (0, "local\n")
    assert "NO CONTAINERS ARE USED" in result.stderr


def test_an_address_that_does_not_answer_falls_back_to_local() -> None:
    result = run(".ci/engine.sh", "ensure", DOCKER_HOST="unix:///nonexistent.sock", HARNESS_REQUIRE_DOCKER="0")
    assert (result.returncode, result.stdout) == (0, "local\n")
    assert "DOCKER_HOST=unix:///nonexistent.sock" in result.stderr


def test_where_docker_is_required_nothing_falls_back() -> None:
    result = run(".ci/engine.sh", "ensure", DOCKER_HOST="unix:///nonexistent.sock", HARNESS_REQUIRE_DOCKER="1")
    assert (result.returncode, result.stdout) == (1, "")


@pytest.mark.docker
def test_a_daemon_that_answers_is_used_and_left_alone() -> None:
    result = run(".ci/engine.sh", "ensure")
    assert (result.returncode, result.stdout) == (0, "docker\n"), result.stderr
    assert "using what answers" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("ensure", "podman"), ("restart",)])
def test_a_wrong_call_of_the_engine_script_says_how(arguments: tuple[str, ...]) -> None:
    result = run(".ci/engine.sh", *arguments)
    assert result.returncode == 1
    assert "usage:" in result.stderr


def test_an_interpreter_that_is_too_old_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = run(str(tmp_path / ".ci/setup.sh"), PYTHON=str(old))
    assert result.returncode == 1
    assert result.stderr.strip() == f"[set-up] PYTHON={old} is no Python >= 3.11"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_valid_bash(script: Path) -> None:
    assert run("bash", "-n", str(script)).returncode == 0
    if script.name != "lib.sh":
        assert "set -euo pipefail" in script.read_text()
        assert os.access(script, os.X_OK)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_the_scripts_pass_shellcheck() -> None:
    result = run("shellcheck", "-x", *map(str, SCRIPTS))
    assert result.returncode == 0, result.stdout


def test_locked_versions_are_plain_and_name_no_address() -> None:
    lines = (ROOT / ".ci" / "constraints.txt").read_text().splitlines()
    locked = [line for line in lines if not line.startswith("#")]
    assert locked
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+", line) for line in locked)

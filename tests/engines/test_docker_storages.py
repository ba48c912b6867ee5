"""File systems in files, on real loop devices and a real engine; and what is left of them after each way to end."""

import json
import os
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.engines.docker import loop
from harness.engines.docker.ownership import Owner, state
from harness.errors import EngineError
from tests import laws

HARNESS = str(Path(sys.executable).with_name("harness"))
KERNEL = platform.release()
LACK = loop.lacks("ext4", KERNEL)
needs_loop = pytest.mark.skipif(LACK is not None, reason=str(LACK))
needs_loop_and_docker = needs_loop if LACK else pytest.mark.docker
"""without loop devices it is skipped even where Docker is required: not every build server lends its own"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def attached(below: Path) -> list[str]:
    """Loop devices of files below a folder."""
    listed = subprocess.run(["losetup", "-a"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(below) in line]


def test_why_it_cannot_be_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(loop.lacks("xfs", "1.2.3")) == (
        "the engine runs on another machine, so image:xfs cannot be made for it. "
        "Mount such a file system yourself and take --storage bind:/its/path"
    )
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert str(loop.lacks("ext4", KERNEL)).startswith("image:ext4 takes root, for a loop device. Run as root, or mount")
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    assert str(loop.lacks("xfs", KERNEL)) == ("no mkfs.xfs on this host. Install it (Debian: apt-get install xfsprogs)")


@needs_loop
def test_a_host_that_fails_is_told_and_nothing_is_left(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(loop.MAKERS, "ext4", loop.MAKERS["ext4"]._replace(command=("mkfs.ext4", "-b", "17")))
    assert "image:ext4 cannot be made here: mkfs.ext4 failed: " in str(loop.lacks("ext4", KERNEL))
    assert list(loop.folder().iterdir()) == []
    assert attached(home) == []


@needs_loop
def test_made_found_and_removed(home: Path) -> None:
    path = loop.path_for("r", "ext4")
    device = loop.make(path, "ext4")
    assert attached(home) == [line for line in attached(home) if line.startswith(f"{device}:")] != []
    ((found, run_id, owner),) = loop.found()
    assert (found, run_id, state(owner)) == (path, "r", Owner.ALIVE)
    with pytest.raises(EngineError, match="cannot make"):
        loop.make(path, "ext4")
    loop.remove(path)
    loop.remove(path)
    assert attached(home) == []
    assert list(loop.found()) == []
    assert list(loop.folder().iterdir()) == []


def run(home: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [HARNESS, "run", "shared-append", "--case", "single", "--storage", "image:ext4", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=home)


def wait_for_a_trial(home: Path) -> None:
    deadline = time.monotonic() + 90
    while not list(home.glob("results/*/*/result.json")):
        assert time.monotonic() < deadline, "no trial was stored"
        time.sleep(0.05)


@needs_loop_and_docker
def test_every_kind_that_can_be_made_is_named_by_its_file_system(home: Path) -> None:
    kinds = [kind for kind in loop.MAKERS if loop.lacks(kind, KERNEL) is None]
    storages = ["bind", *(f"image:{kind}" for kind in kinds)]
    with run(home, "--storage", ",".join(storages), "--trials", "2", "--json", "--quiet") as running:
        out, err = running.communicate(timeout=200)
    assert running.returncode == 0, err
    document: dict[str, Any] = json.loads(out)
    laws.check(document)
    file_systems = document["environment"]["filesystem"]
    assert {kind: file_systems[f"image:{kind}"] for kind in kinds} == {kind: kind for kind in kinds}
    assert {case["storage"] for case in document["cases"]} == set(storages)
    assert attached(home) == []
    assert not [path for path in (home / "cache").rglob("*") if path.is_file()]


@needs_loop_and_docker
def test_interrupted_nothing_is_left(home: Path) -> None:
    with run(home, "--trials", "500") as running:
        wait_for_a_trial(home)
        assert len(attached(home)) == 1
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert running.returncode == 130
    assert attached(home) == []
    assert list(loop.found()) == []


@needs_loop_and_docker
def test_killed_clean_detaches_and_removes(home: Path) -> None:
    with run(home, "--trials", "500") as running:
        wait_for_a_trial(home)
        running.kill()
        running.communicate(timeout=60)
    assert len(attached(home)) == 1
    done = subprocess.run([HARNESS, "clean"], capture_output=True, text=True, check=True, timeout=120)
    assert "1 image" in done.stdout
    assert attached(home) == []
    assert list(loop.found()) == []

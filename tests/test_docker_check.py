"""The gate on real containers: a planted loss and a planted slowdown against a baseline of the same day."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml

pytestmark = pytest.mark.docker
HARNESS = str(Path(sys.executable).with_name("harness"))
GOOD = """
title = "A log under a lock"
trials = 5
[workload]
records = 2000
[[case]]
name = "locked"
strategy = "flock"
expected = "safe"
control = "bare"
[[case]]
name = "bare"
strategy = "append"
options = { writes = 2 }
expected = "unsafe"
"""
PLANTED = {
    "good": GOOD,
    "loss": GOOD.replace('"flock"', '"flock"\noptions = { lock = "private" }'),
    "slow": GOOD.replace('"flock"', '"filelock"'),
    "control": GOOD.replace("writes = 2", "writes = 1"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One scenario in four versions, and the baseline of the good one."""
    root = tmp_path_factory.mktemp("gate")
    for name, text in PLANTED.items():
        (root / name).mkdir()
        (root / name / "log.toml").write_text(text)
    done = check(root, "good", "--save-baseline", "base.json")
    assert done.returncode == 0, done.stdout + done.stderr
    return root


def check(root: Path, version: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HARNESS, "check", f"{version}/log.toml", "--engine", "docker", *arguments],
        capture_output=True, text=True, cwd=root, timeout=300, check=False,
    )  # fmt: skip


def test_the_baseline_is_small_and_names_its_ground(folder: Path) -> None:
    kept = json.loads((folder / "base.json").read_text())
    assert kept["environment"]["engine"] == "docker"
    assert [len(case["records_per_second"]) for case in kept["cases"]] == [5, 5]


def test_a_planted_loss_is_damage(folder: Path) -> None:
    done = check(folder, "loss", "--baseline", "base.json", "--junit", "loss.xml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "it was safe in the baseline, as flock; now flock (lock=private)" in done.stdout
    (suite,) = JUnitXml.fromfile(str(folder / "loss.xml"))
    ((failure,),) = [case.result for case in suite if case.result]
    assert failure.type == "damage"


def test_a_planted_slowdown_fails_where_speed_was_asked_for(folder: Path) -> None:
    done = check(folder, "slow", "--baseline", "base.json", "--max-slowdown", "1.3", "--junit", "slow.xml")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "slower: log/locked: " in done.stdout
    (suite,) = JUnitXml.fromfile(str(folder / "slow.xml"))
    ((failure,),) = [case.result for case in suite if case.result]
    assert failure.type == "slower"


def test_a_planted_slowdown_passes_where_it_was_not(folder: Path) -> None:
    assert check(folder, "slow", "--baseline", "base.json").returncode == 0


def test_a_control_that_no_longer_corrupts_is_lost(folder: Path) -> None:
    done = check(folder, "control", "--baseline", "base.json")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "lost control: log/bare: " in done.stdout

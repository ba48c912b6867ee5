"""Logging on real containers: every row as expected, what the damage is, and what rotation did with the files."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import scenario
from tests import laws

pytestmark = pytest.mark.docker
HARNESS = str(Path(sys.executable).with_name("harness"))
EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
Document = dict[str, Any]


def run(folder: Path, *arguments: str) -> Document:
    done = subprocess.run(
        [HARNESS, "run", *arguments, "--json"],
        capture_output=True, text=True, cwd=folder, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    document: Document = json.loads(done.stdout)
    laws.check(document)
    return document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def logs(folder: Path) -> Document:
    return run(folder, "log-files", "--trials", "2", "--keep-data")


@pytest.fixture(scope="module")
def trials(logs: Document) -> Callable[[str], list[Document]]:
    """The trials of a case by its name."""
    by_name = {one["name"]: one["trials"] for one in logs["cases"]}
    return lambda name: list(by_name[f"log-files/{name}"])


def test_every_verdict_is_the_expected_one(logs: Document) -> None:
    assert laws.verdicts(logs) == {case.full_name: case.expected for case in scenario.load("log-files").cases}


def test_every_safe_case_had_contention_and_a_control_that_corrupted(logs: Document) -> None:
    for one in logs["cases"]:
        if one["verdict"] == "safe":
            assert one["control"]["damaged_trials"] > 0
            assert all(trial["contention"]["overlapped_share"] > 0.01 for trial in one["trials"])


Trials = Callable[[str], list[Document]]


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("rotating", "rotation"),
        ("copytruncate", "rotation"),
        ("file-compress", "written to a removed file"),
        ("syslog-udp", "datagrams dropped"),
        ("socket-stall", "given up by its handler"),
        ("socket-crash", "run of records missing"),
    ],
)
def test_the_cause_is_named(trials: Trials, name: str, cause: str) -> None:
    for trial in trials(name):
        assert trial["records"]["lost"] > 0
        assert cause in trial["causes"]


@pytest.mark.parametrize("name", ["file-compress", "syslog-udp", "socket-stall"])
def test_members_know_of_every_single_loss(trials: Trials, name: str) -> None:
    for trial in trials(name):
        assert set(trial["causes"].values()) == {trial["records"]["lost"]}


def test_copytruncate_under_a_writer_without_append_leaves_a_hole(trials: Trials) -> None:
    for trial in trials("copytruncate-w"):
        assert trial["bytes"]["hole"] > 0
        (hole, *_) = [one for one in trial["anomalies"] if one["kind"] == "hole"]
        assert hole["offset"] == 0
        assert hole["cause"].startswith("file truncated under its writer: ")


def test_order_holds_across_rotated_files(trials: Trials) -> None:
    for name in ("watched-rename", "concurrent"):
        for trial in trials(name):
            assert trial["history"]["real_time_order"] == 0
            assert trial["records"]["reordered"] == 0


def test_a_handler_that_does_not_reopen_goes_on_in_the_renamed_file(logs: Document, folder: Path) -> None:
    """All that was written is in the one renamed file: so in both trials of file-rename, and in no other."""
    (data,) = folder.glob("results/log-files/*/data")
    sizes = [{path.name: path.stat().st_size for path in trial.glob("*.log*")} for trial in data.glob("trial-*")]
    assert sizes.count({"shared.log-0001": 8 * 2000 * 200}) == 2


def test_one_byte_beyond_bashs_buffer_is_two_writes(tmp_path: Path) -> None:
    """The published result: ``echo`` is one write up to 4096 bytes, and two from 4097 on."""
    document = run(tmp_path, str(EXAMPLES / "echo-boundary.toml"), "--trials", "4")
    cases = {one["name"].partition("/")[2]: one for one in document["cases"]}
    assert {name: one["verdict"] for name, one in cases.items()} == {"at-4096": "safe", "at-4097": "unsafe"}
    assert sum(trial["records"]["intact"] for trial in cases["at-4096"]["trials"]) == 4 * 8 * 300
    causes = {cause for trial in cases["at-4097"]["trials"] for cause in trial["causes"]}
    assert causes <= {"newline written separately", "buffer boundary", "unknown"}
    assert "newline written separately" in causes


@pytest.mark.skipif(sys.version_info >= (3, 11, 9), reason="CPython 3.11.9 and 3.12.3 changed it (gh-88352)")
def test_timed_rotation_removes_what_another_process_rotated(tmp_path: Path) -> None:
    document = run(tmp_path, str(EXAMPLES / "timed-rotating.toml"), "--trials", "2")
    for trial in document["cases"][0]["trials"]:
        assert trial["records"]["lost"] > trial["records"]["attempted"] / 10

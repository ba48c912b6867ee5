"""The document that observers read all the time, on real containers and on a mount that is really read-only."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import laws

pytestmark = pytest.mark.docker
HARNESS = str(Path(sys.executable).with_name("harness"))


@pytest.fixture(scope="module")
def reload(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = subprocess.run(
        [HARNESS, "run", "config-reload", "--trials", "3", "--json", "--storage", "volume,tmpfs"],
        capture_output=True, text=True, cwd=tmp_path_factory.mktemp("reload"), timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def trials(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [trial for case in document["cases"] if case["name"] == f"config-reload/{name}" for trial in case["trials"]]


def total(document: dict[str, Any], name: str, count: str) -> int:
    return sum(trial["reads"][count] for trial in trials(document, name))


def test_records_bytes_and_reads_add_up(reload: dict[str, Any]) -> None:
    laws.check(reload)
    assert all(len(case["trials"]) == 3 for case in reload["cases"])


def test_every_verdict_is_the_expected_one(reload: dict[str, Any]) -> None:
    assert laws.verdicts(reload) == {one["name"]: one["expected"] for one in reload["cases"]}


@pytest.mark.parametrize("name", ["in-place", "across-mounts"])
def test_torn_reads_are_caught_and_traced(reload: dict[str, Any], name: str) -> None:
    assert total(reload, name, "empty") > 0
    causes = {one["cause"].partition(":")[0] for trial in trials(reload, name) for one in trial["anomalies"]}
    assert "read between truncate and write" in causes


@pytest.mark.parametrize("name", ["rename", "read-only"])
def test_a_rename_is_seen_whole_and_fresh_although_reads_met_it(reload: dict[str, Any], name: str) -> None:
    assert total(reload, name, "whole") == total(reload, name, "total")
    assert total(reload, name, "stale") == 0
    assert total(reload, name, "overlapped") > 0.01 * total(reload, name, "total")
    assert total(reload, name, "versions") > len(trials(reload, name))


def test_a_held_file_is_the_initial_version_for_ever(reload: dict[str, Any]) -> None:
    assert [trial["reads"]["versions"] for trial in trials(reload, "held-open")] == [1] * 6
    assert all(trial["reads"]["stale"] > 0 for trial in trials(reload, "held-open"))


def test_what_the_kernel_refused_is_shown(reload: dict[str, Any]) -> None:
    assert {note for trial in trials(reload, "read-only") for note in trial["notes"]} == {
        "write through the read-only mount: EROFS (Read-only file system)"
    }
    assert {note for trial in trials(reload, "across-mounts") for note in trial["notes"]} == {
        "rename from another mount: EXDEV (Invalid cross-device link), so shutil.move copies in place"
    }


def test_all_but_the_last_version_are_superseded(reload: dict[str, Any]) -> None:
    for name in ("in-place", "rename", "across-mounts", "read-only", "held-open"):
        for trial in trials(reload, name):
            records = trial["records"]
            assert (records["intact"], records["superseded"]) == (1, records["acknowledged"] - 1)

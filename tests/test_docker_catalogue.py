"""The catalogue's smaller scenarios on real containers: each row comes out as its scenario says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import laws

pytestmark = pytest.mark.docker
HARNESS = str(Path(sys.executable).with_name("harness"))
SCENARIOS = ("read-modify-write", "database", "stale-lock", "redis-lock")


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = subprocess.run(
        [HARNESS, "run", *SCENARIOS, "--trials", "2", "--json"],
        capture_output=True, text=True, cwd=tmp_path_factory.mktemp("four"), timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout[-3000:]
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_records_and_bytes_add_up(four: dict[str, Any]) -> None:
    laws.check(four)


def test_every_verdict_is_the_expected_one(four: dict[str, Any]) -> None:
    assert laws.verdicts(four) == {one["name"]: one["expected"] for one in four["cases"]}


def test_what_the_fence_turned_away_is_counted(four: dict[str, Any]) -> None:
    (fenced,) = (one for one in four["cases"] if one["name"] == "redis-lock/fenced")
    for trial in fenced["trials"]:
        assert trial["rejected"] == trial["records"]["indeterminate"] > 0
        assert trial["records"]["lost"] == 0


def test_lost_updates_leave_hardly_a_malformed_line(four: dict[str, Any]) -> None:
    (bare,) = (one for one in four["cases"] if one["name"] == "read-modify-write/counter-rename")
    for trial in bare["trials"]:
        assert trial["records"]["lost"] > 0
        assert trial["records"]["interleaved"] == trial["records"]["truncated"] == 0

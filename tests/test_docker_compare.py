"""A planted slowdown and a planted loss, on containers: `compare` says so, and of what stayed as it was it does not."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.test_cli import harness

SCENARIO = """
title = "A log, and what became of it"
writers = 8
trials = 8
workload = {{ records = 1000 }}

[[case]]
name = "loses"
strategy = "{loses}"
expected = "safe"
control = "torn"

[[case]]
name = "slows"
strategy = "{slows}"
workload = {{ records = 150 }}
expected = "safe"
control = "torn"

[[case]]
name = "torn"
strategy = "append"
options = {{ writes = 2 }}
expected = "unsafe"
"""


@pytest.mark.docker
def test_a_planted_slowdown_and_a_planted_loss(tmp_path: Path) -> None:
    for folder, strategies in (
        ("before", {"loses": "append", "slows": "append"}),
        ("after", {"loses": "seek", "slows": "echo"}),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.toml").write_text(SCENARIO.format(**strategies))
        done = harness("run", f"{folder}/mine.toml", "--engine", "docker", "--quiet", cwd=tmp_path)
        assert done.returncode in (0, 1, 3), done.stderr
    done = harness("compare", "mine/latest~1", "mine", "--export", "out.json", "--exit-code", cwd=tmp_path)
    assert done.returncode == 1
    assert "mine/loses, run B: VERDICT CHANGED: safe → unsafe: " in done.stdout
    assert "mine/loses, run B: another pattern: strategy append → seek" in done.stdout
    after = {row["case"]: row for row in json.loads((tmp_path / "out.json").read_text())["rows"] if row["run"] == "B"}
    assert slower(after["mine/slows"]) == ("worse", True)
    assert after["mine/slows"]["verdict_before"] == after["mine/slows"]["verdict"] == "safe"
    assert after["mine/torn"]["verdict_before"] == after["mine/torn"]["verdict"] == "unsafe"
    assert harness("compare", "mine", "mine", "--exit-code", cwd=tmp_path).returncode == 0


def slower(row: dict[str, Any]) -> tuple[str, bool]:
    """Which way the throughput went, and whether its interval leaves no doubt of it."""
    speed = row["changes"]["records_per_second"]
    return speed["trend"], speed["interval"][1] < 0

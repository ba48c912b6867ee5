"""``harness check`` through its real entry point, on the local engine: exit codes, files, what GitHub reads."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from junitparser import JUnitXml

from harness import baseline
from tests import laws
from tests.documents import Row, control, result

HARNESS = str(Path(sys.executable).with_name("harness"))
SMALL = ("--engine", "local", "--trials", "3", "--writers", "4")
MINE = """
title = "A log under a lock"
[workload]
records = 3000
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
[[case]]
name = "trap"
strategy = "seek"
expected = "unsafe"
"""
TORN = MINE.replace('"flock"', '"flock"\noptions = { lock = "private" }')


def check(cwd: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    return subprocess.run(
        [HARNESS, "check", *arguments], capture_output=True, text=True, cwd=cwd, timeout=300, check=False,
        env=ours | {"XDG_CACHE_HOME": str(cwd / "cache"), **(env or {})},
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.toml").write_text(MINE)
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "mine.toml").write_text(TORN)
    return tmp_path


def test_safe_patterns_and_their_controls_pass_and_make_a_baseline(folder: Path) -> None:
    done = check(folder, "mine.toml", *SMALL, "--save-baseline", "base.json", "--junit", "j.xml", "--markdown", "m.md")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("check: 2 passed: as expected (exit code 0)\n")
    assert "mine/trap" not in done.stdout
    assert "baseline saved in base.json" in done.stderr
    assert [row["name"] for row in json.loads((folder / "base.json").read_text())["cases"]] == [
        "mine/bare",
        "mine/locked",
    ]
    (suite,) = JUnitXml.fromfile(str(folder / "j.xml"))
    assert (suite.name, suite.tests, suite.failures, suite.errors) == ("mine", 2, 0, 0)
    assert (folder / "m.md").read_text().startswith("## Shared-volume check\n")


def test_planted_loss_is_exit_1_and_spoils_no_baseline(folder: Path) -> None:
    check(folder, "mine.toml", *SMALL, "--save-baseline", "base.json")
    before = (folder / "base.json").read_text()
    done = check(
        folder, "torn/mine.toml", *SMALL, "--baseline", "base.json", "--save-baseline", "base.json", "--junit", "j.xml"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "it was safe in the baseline, as flock; now flock (lock=private)" in done.stdout
    assert "--save-baseline: not saved" in done.stderr
    assert (folder / "base.json").read_text() == before
    (suite,) = JUnitXml.fromfile(str(folder / "j.xml"))
    assert (suite.failures, suite.errors) == (1, 0)


def test_json_is_the_document_with_the_decision(folder: Path) -> None:
    done = check(folder, "mine.toml", *SMALL, "--json", "--quiet")
    document = json.loads(done.stdout)
    laws.check(document)
    assert done.stderr == ""
    assert document["check"]["exit_code"] == 0
    assert [one["status"] for one in document["check"]["decisions"]] == ["passed", "passed"]


def test_too_few_trials_for_speed_are_exit_3(folder: Path) -> None:
    check(folder, "mine.toml", *SMALL, "--save-baseline", "base.json")
    done = check(folder, "mine.toml", *SMALL, "--baseline", "base.json", "--max-slowdown", "1.3")
    assert done.returncode == 3
    assert "speed unknown: mine/locked: too few trials" in done.stdout


def test_what_a_github_job_reads(folder: Path) -> None:
    summary = folder / "summary"
    summary.write_text("before\n")
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = check(folder, "torn/mine.toml", *SMALL, "--quiet", env=github)
    assert done.returncode == 1
    assert done.stderr.startswith("::error title=mine/locked%3A damage::")
    assert summary.read_text().startswith("before\n## Shared-volume check\n")
    check(folder, "torn/mine.toml", *SMALL, "--quiet", "--markdown", str(summary), env=github)
    assert summary.read_text().count("## Shared-volume check") == 1
    assert "before" not in summary.read_text()


def test_without_an_engine_the_reports_say_so_and_the_exit_code_is_4(folder: Path) -> None:
    nowhere = {"DOCKER_HOST": f"unix://{folder}/none.sock"}
    done = check(folder, "mine.toml", "--engine", "docker", "--junit", "j.xml", "--markdown", "m.md", env=nowhere)
    assert done.returncode == 4
    assert "no Docker engine answers" in done.stderr
    (suite,) = JUnitXml.fromfile(str(folder / "j.xml"))
    assert (suite.tests, suite.errors) == (2, 2)
    assert "broken off" in (folder / "m.md").read_text()


BAD = [
    (["mine.toml", "--max-slowdown", "1.3"], "--max-slowdown: there is nothing to compare with"),
    (["mine.toml", "--baseline", "base.json"], "cannot read the baseline base.json"),
    (["mine.toml", "--baseline", "mine.toml"], "cannot read the baseline mine.toml"),
    (["mine.toml", "--junit", "none/j.xml"], "--junit: there is no folder none"),
    (["mine.toml", "--markdown", "."], "--markdown: . is a folder"),
    (["mine.toml", "--markdown", "/proc/x.md"], "--markdown: cannot write /proc/x.md"),
    (["mine.toml", "--junit", "x" * 300], ": File name too long. Name another file"),
    (["mine.toml", "--junit", "x", "--markdown", "x"], "--junit and --markdown name the same file x"),
    (["mine.toml", "--case", "none"], "no case 'none'. There are: locked, bare"),
    (["trap.toml"], "nothing to check: no case of trap is expected to be safe"),
    (["lokced"], "no scenario 'lokced'. Did you mean 'locked'?"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_one_clear_line_and_nothing_starts(folder: Path, arguments: list[str], message: str) -> None:
    (folder / "trap.toml").write_text('title = "t"\n[[case]]\nname = "a"\nstrategy = "seek"\nexpected = "unsafe"\n')
    done = check(folder, *arguments, "--engine", "local")
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert not list(folder.rglob("result.json"))


@pytest.mark.parametrize("ratio", ["0.5", "nan", "inf", "-1"])
def test_a_ratio_that_means_nothing_is_refused(folder: Path, ratio: str) -> None:
    (folder / "base.json").write_text(baseline.text(baseline.of(result(Row("locked"), control()))))
    done = check(folder, "mine.toml", "--baseline", "base.json", "--max-slowdown", ratio)
    assert done.returncode == 2
    assert f"--max-slowdown: {ratio}. Take 1 to 1000" in done.stderr

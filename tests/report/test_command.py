"""``harness report`` as a user meets it: where the page goes, what is printed, one line where something is wrong."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.report.runs import HARNESS


def report(*arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HARNESS, "report", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False, env=os.environ | dict(env or {}),
    )  # fmt: skip


def test_the_page_lies_in_the_runs_folder_and_its_place_is_printed(torn_run: Path) -> None:
    for name in (torn_run, torn_run / "result.json"):
        done = report(name)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{torn_run}/report.html\n"
    assert (torn_run / "report.html").read_text().startswith("<!doctype html>")


def test_a_run_is_found_by_name(torn_run: Path, tmp_path: Path) -> None:
    root = torn_run.parent.parent
    for name in ("latest", "shared-append", torn_run.name):
        page = tmp_path / name / "page.html"
        done = report(name, "--results", root, "--output", page)
        assert done.stdout == f"{page}\n", done.stderr
        assert page.stat().st_size > 10_000


def test_plots_are_files_beside(torn_run: Path, tmp_path: Path) -> None:
    done = report(torn_run, "-o", tmp_path / "page.html", "--png", tmp_path / "plots")
    assert done.returncode == 0, done.stderr
    names = ["damage-and-cost", "latency", "map-shared-append-single", "map-shared-append-split"]
    assert done.stdout.splitlines()[1:] == [str(tmp_path / "plots" / f"{name}.png") for name in names]
    for name in names:
        assert (tmp_path / "plots" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_says_what_to_install(torn_run: Path, tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError('not here')\n")
    done = report(torn_run, "-o", tmp_path / "page.html", "--png", tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr == "harness: --png needs matplotlib. Install it: pip install 'shared-volume-harness[plots]'\n"
    assert (tmp_path / "page.html").exists()


def test_open_hands_the_page_to_the_desktop(torn_run: Path, tmp_path: Path) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    opener.chmod(0o755)
    page = tmp_path / "page.html"
    done = report(torn_run, "-o", page, "--open", env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (done.returncode, done.stderr) == (0, "")
    for _ in range(100):
        if (tmp_path / "opened").exists() and (tmp_path / "opened").read_text():
            break
        subprocess.run(["sleep", "0.05"], check=True)
    assert (tmp_path / "opened").read_text() == f"{page}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "no stored run"),
        (["latest", "--results", "{folder}/none"], "no stored run"),
        (["{run}", "-o", "/proc/no/page.html"], "cannot write /proc/no/page.html"),
        (["{run}", "-o", "{folder}/page.html", "--png", "/proc/no"], "cannot write plots to /proc/no"),
        ([], "Missing argument 'RUN'"),
    ],
)
def test_bad_input_is_one_clear_line(torn_run: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    done = report(*(one.format(run=torn_run, folder=tmp_path) for one in arguments))
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") <= 1


def test_a_run_of_a_former_version_has_a_page_that_says_what_is_missing(torn_run: Path, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_bytes((torn_run / "result.json").read_bytes())
    assert report(tmp_path).returncode == 0
    assert "the run stored no view of them" in (tmp_path / "report.html").read_text()

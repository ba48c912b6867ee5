"""`harness compare` and `harness results` through the real entry point."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.comparison.documents import CONTROL, QUIET_CONTROL, SLOW, Planted, document
from tests.test_cli import harness

LOG = Planted("log")
OLD, NEW, NEWEST = "20261101T100000Z", "20261102T100000Z", "20261103T100000Z"


def store(folder: Path, stamp: str, written: Mapping[str, Any], scenario: str = "mine") -> Path:
    path = folder / "results" / scenario / stamp / "result.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(written))
    return path


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """Three runs: as it was; slower and losing; and one without its control."""
    store(tmp_path, OLD, document(LOG, CONTROL))
    store(tmp_path, NEW, document(Planted("log", speeds=SLOW, lost=(9,) * 8), CONTROL, run_id="two"))
    store(tmp_path, NEWEST, document(LOG, QUIET_CONTROL, run_id="three"))
    return tmp_path


def test_before_and_after(stored: Path) -> None:
    done = harness("compare", "latest~2", NEW, cwd=stored)
    assert done.returncode == 0, done.stderr
    assert "mine/log, run B: VERDICT CHANGED: safe → unsafe" in done.stdout
    assert "records/s -50.0%" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(("names", "code"), [((OLD, OLD), 0), ((OLD, NEW), 1), ((OLD, NEWEST), 3)])
def test_the_exit_code_tells_where_it_was_asked_for(stored: Path, names: tuple[str, str], code: int) -> None:
    assert harness("compare", *names, "--exit-code", cwd=stored).returncode == code
    assert harness("compare", *names, cwd=stored).returncode == 0


def test_a_scenario_is_its_newest_run_and_says_which(stored: Path) -> None:
    done = harness("compare", "mine", cwd=stored)
    assert done.stdout.startswith(f"A: results/mine/{NEWEST} · ")


def test_exports_of_every_kind(stored: Path) -> None:
    files = [f"out{ending}" for ending in (".txt", ".md", ".json", ".csv")]
    exports = [word for file in files for word in ("--export", file)]
    done = harness("compare", "latest", "--format", "json", *exports, cwd=stored)
    assert json.loads(done.stdout) == json.loads((stored / "out.json").read_text())
    assert "written to out.md" in done.stderr
    assert (stored / "out.md").read_text().count("\n| ") == 3
    assert "\033" not in (stored / "out.txt").read_text()
    assert len(list(csv.DictReader((stored / "out.csv").read_text().splitlines()))) == 2


def test_warnings_reach_the_user_whatever_the_format(stored: Path) -> None:
    fewer = document(Planted("log", writers=2), CONTROL)
    store(stored, "20261104T100000Z", fewer)
    done = harness("compare", OLD, "latest", "--format", "csv", cwd=stored)
    assert "warning: mine/log, run B: unlike load" in done.stderr
    assert "warning" not in done.stdout


BAD_INPUT = [
    (["compare"], "Missing argument 'RUN|SCENARIO...'"),
    (["compare", "none"], "no stored run 'none' in results."),
    (["compare", "shared-append"], "Make one with 'harness run shared-append'"),
    (["compare", "latest", "--case", "lug"], "holds no case 'lug'. Did you mean 'log'?"),
    (["compare", "latest", "--sort", "change"], "--sort: this comparison has no column 'change'"),
    (["compare", "latest", "--sort", "size"], "'size' is not one of"),
    (["compare", "latest", "--format", "xml"], "'xml' is not one of"),
    (["compare", "latest", "--export", "out.xls"], "--export: out.xls ends in no known format. Take .txt, .md"),
    (["compare", "latest", "--export", "/none/out.md"], "--export: there is no folder /none. Make it first"),
    (["compare", "foreign.json", "--export", "foreign.json"], "--export: foreign.json is a run that is compared"),
    (["compare", "broken.json"], "cannot read the result broken.json"),
    (["compare", "foreign.json"], "foreign.json is no result of schema version 1"),
    (["compare", *["latest"] * 27], "27 runs to compare. Take 26 at most"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD_INPUT)
def test_bad_input_is_one_clear_line(stored: Path, arguments: list[str], message: str) -> None:
    (stored / "broken.json").write_text('{"schema_version": 1, ')
    (stored / "foreign.json").write_text('{"name": "left-pad", "version": "1.3.0"}')
    done = harness(*arguments, cwd=stored)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_runs_are_listed_newest_first_and_a_broken_one_hides_no_other(stored: Path) -> None:
    store(stored, "20261104T100000Z", {"schema_version": 1, "run": []})
    store(stored, "20261105T100000Z", document(LOG, error="interrupted"))
    listed = json.loads(harness("results", "--json", cwd=stored).stdout)
    assert [Path(one["path"]).parent.name[:8] for one in listed] == [f"202611{day:02}" for day in (5, 4, 3, 2, 1)]
    assert [one.get("ended") for one in listed] == ["interrupted", None, "inconclusive", "damage", "as expected"]
    assert [one.get("exit_code") for one in listed] == [130, None, 3, 1, 0]
    assert listed[3]["verdicts"] == {"safe": 0, "skipped": 0, "inconclusive": 0, "unsafe": 2}
    assert "is no result of schema version 1" in listed[1]["unreadable"]
    lines = harness("results", cwd=stored).stdout.splitlines()
    assert lines[3].split()[-2:] == ["interrupted", "results/mine/20261105T100000Z"]
    assert "unreadable" in lines[4]


def test_nothing_stored_says_how_to_begin(tmp_path: Path) -> None:
    done = harness("results", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no stored run in results: make one with 'harness run SCENARIO'" in done.stderr
    assert harness("results", "--json", cwd=tmp_path).stdout == "[]\n"


def test_nothing_in_a_file_steers_the_terminal(tmp_path: Path) -> None:
    hostile = document(LOG, CONTROL)
    hostile["scenario"]["name"] = "mine\x1b[2J"
    store(tmp_path, NEW, hostile)
    hostile["cases"][0]["trials"][0]["records"]["\x1b[2J"] = -1
    store(tmp_path, NEWEST, hostile)
    assert "\x1b" not in harness("results", cwd=tmp_path).stdout
    refused = harness("compare", "latest", cwd=tmp_path)
    assert refused.returncode == 2
    assert "\x1b" not in refused.stderr

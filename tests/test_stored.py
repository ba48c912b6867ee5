"""What people call a run, and which result file that means."""

import json
from pathlib import Path

import pytest

from harness import stored
from harness.errors import UsageError
from tests.comparison.documents import Planted, document

OLD, NEW, NEWEST = "20261101T100000Z", "20261102T100000Z", "20261102T100000Z-1"


def keep(root: Path, scenario: str, stamp: str, run_id: str = "") -> Path:
    """A stored run, with no more in it than finding it takes."""
    path = root / scenario / stamp / "result.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"schema_version": 1, "tool": {}, "run": {"id": run_id or f"{scenario}-{stamp}"}}))
    return path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for scenario, stamp in (("locked", OLD), ("locked", NEW), ("mine", OLD), ("locked+redis-queue", NEWEST)):
        keep(tmp_path / "results", scenario, stamp)
    (tmp_path / "results" / "locked" / "20261109T100000Z").mkdir()
    keep(tmp_path / "results", "locked", "notes")
    return tmp_path / "results"


FOUND = [
    ("latest", f"locked+redis-queue/{NEWEST}"),
    ("latest~1", f"locked/{NEW}"),
    ("locked/latest", f"locked+redis-queue/{NEWEST}"),
    ("locked/latest~2", f"locked/{OLD}"),
    ("redis-queue/latest", f"locked+redis-queue/{NEWEST}"),
    ("locked+redis-queue/latest", f"locked+redis-queue/{NEWEST}"),
    ("locked", f"locked+redis-queue/{NEWEST}"),
    ("mine", f"mine/{OLD}"),
    ("./elsewhere/mine.toml", f"mine/{OLD}"),
    (f"locked/{OLD}", f"locked/{OLD}"),
    (f"results/locked/{OLD}", f"locked/{OLD}"),
    (f"results/locked/{OLD}/result.json", f"locked/{OLD}"),
    ("results/locked", f"locked/{NEW}"),
    (NEWEST, f"locked+redis-queue/{NEWEST}"),
    (f"mine-{OLD}", f"mine/{OLD}"),
    ("results/locked/notes", "locked/notes"),
]


@pytest.mark.parametrize(("name", "place"), FOUND)
def test_a_run_is_found_by_each_of_its_names(root: Path, name: str, place: str) -> None:
    assert stored.find(name, root).resolve() == (root / place / "result.json").resolve()


def test_a_scenario_asked_for_by_name_is_told(root: Path) -> None:
    assert stored.locate("redis-queue", root).scenario == "redis-queue"
    assert stored.locate("latest", root).scenario is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lockd", "no stored run 'lockd' in results. Did you mean 'locked'"),
        (f"mine-{OLD}0", f"Did you mean 'mine-{OLD}'"),
        ("database", "no stored run of scenario 'database' in results. Make one with 'harness run database'"),
        ("databas/latest", "no stored run of scenario 'databas' in results. Did you mean 'database'"),
        ("yours.toml", "Make one with 'harness run yours.toml'"),
        ("latest~4", "only 4 stored runs in results. Take ~3 at most"),
        ("mine/latest~1", "only 1 stored run of scenario 'mine' in results. Take ~0 at most"),
        ("?", "'harness results' lists them"),
        (OLD, f"2 runs are called {OLD}. Name one: results/"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(root: Path, name: str, message: str) -> None:
    with pytest.raises(UsageError) as told:
        stored.find(name, Path("results"))
    assert message in str(told.value)


def test_where_nothing_is_stored_it_says_how_to_begin(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no stored run in .* Make one with 'harness run SCENARIO'"):
        stored.find("latest", tmp_path)
    with pytest.raises(UsageError, match="There are none yet"):
        stored.find("?", tmp_path / "none")


def test_the_newest_comes_first(root: Path) -> None:
    assert [path.parent.name for path in stored.runs(root)] == [NEWEST, NEW, OLD, OLD]


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = document(Planted("log"))
    (tmp_path / "result.json").write_text(json.dumps(written))
    assert stored.read(tmp_path / "result.json") == written


BROKEN = [
    ("", "cannot read the result"),
    ("{", "cannot read the result"),
    ("[1]", "is no result of schema version 1"),
    ("[" * 100_000, "cannot read the result"),
    ('{"schema_version": 2}', "is no result of schema version 1"),
    ('{"schema_version": 1}', "is no result of this version: $: 'tool' is a required property"),
    ('{"schema_version": 1, "x": NaN}', "NaN is no number in JSON"),
    ('{"schema_version": 1, "x": 1e999}', "1e999 is no number that can"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_broken_or_foreign_file_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "result.json"
    path.write_text(text)
    with pytest.raises(UsageError) as told:
        stored.read(path)
    assert message in str(told.value)
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 1000


def test_a_file_that_says_something_else_than_the_schema_is_refused_with_the_place(tmp_path: Path) -> None:
    written = document(Planted("log"))
    written["cases"][0]["trials"][3]["records"]["lost"] = -1
    path = tmp_path / "result.json"
    path.write_text(json.dumps(written))
    with pytest.raises(UsageError, match=r"\$\.cases\[0\]\.trials\[3\]\.records\.lost: -1 is less than"):
        stored.read(path)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="/dev/zero is no file"):
        stored.read(Path("/dev/zero"))
    with pytest.raises(UsageError, match="cannot read the result"):
        stored.read(tmp_path / "none.json")

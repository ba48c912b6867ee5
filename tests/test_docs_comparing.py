"""The page on comparing is what `harness compare` does: its keys, its numbers, its example."""

import json
import re
from pathlib import Path

from harness import comparison, scenario
from harness.comparison.sorting import COLUMNS
from harness.report import comparison_csv, comparison_json
from harness.report.comparison_findings import findings
from harness.report.run_list import HEADERS
from harness.statistics import trials_needed
from tests.comparison.documents import SLOW, Planted, measured

PAGE = (Path(__file__).parent.parent / "docs" / "comparing.md").read_text()
COMPARED = comparison.compare([measured("A", Planted("log")), measured("B", Planted("log", speeds=SLOW))])


def keys(value: object) -> set[str]:
    """All names in a document; those of metrics are explained as the keys of ``samples``."""
    if isinstance(value, dict):
        return set(value).union(*(keys(part) for part in value.values()))
    return set().union(*(keys(part) for part in value)) if isinstance(value, list) else set()


def test_every_key_of_the_documents_is_explained() -> None:
    named = keys(json.loads(comparison_json.render(COMPARED))) - {"A", "B"}
    assert {key for key in named if f"`{key}`" not in PAGE} == set()
    parts = {f"`p99_us_{part}`" for part in comparison_csv.CHANGE}
    assert {part for part in parts if part not in PAGE} == set()


def test_every_column_to_sort_by_is_named() -> None:
    assert [name for name in COLUMNS if f"`{name}`" not in PAGE and f"--sort {name}`" not in PAGE] == []


def test_the_numbers_of_trials_are_computed() -> None:
    section = PAGE.partition("| tests corrected together | trials a side |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (\d+)(?: to (\d+))? \| (\d+) \|$", section, re.MULTILINE)
    assert len(rows) == 5
    for first, last, trials in rows:
        assert {trials_needed(int(first)), trials_needed(int(last or first))} == {int(trials)}


def test_the_example_loads_and_is_changed_by_the_command_shown(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "log.toml"
    path.write_text(example)
    assert [case.strategy for case in scenario.load(str(path)).cases] == ["append"] * 3
    assert '/"events"/{n;s/append/seek/}; /"audit"/{n;s/append/echo/}' in PAGE


def test_the_outputs_shown_are_those_of_this_version() -> None:
    assert " ".join(HEADERS[0].split()) in PAGE
    *_, last = findings(COMPARED)
    pattern = re.sub(r"\d+", "0", last)
    assert pattern in re.sub(r"\d+", "0", PAGE)

"""The matrix: what a cell says about a property of a case, and that nothing in it depends on colour."""

import dataclasses
from datetime import UTC, datetime
from typing import Any

import click
import pytest

from harness import results
from harness.model import (
    Account,
    ByteCounts,
    Case,
    Contention,
    HistoryCounts,
    RecordCounts,
    Skip,
    Verdict,
    Workload,
)
from harness.promise import Promise
from harness.report import matrix
from harness.results import Run
from harness.scenario import load
from harness.verdict import TrialResult

WHOLE = Account(
    RecordCounts(attempted=10, acknowledged=10, intact=10), ByteCounts(), contention=Contention(1.0, 0.5, 5)
)
TORN = dataclasses.replace(WHOLE, records=dataclasses.replace(WHOLE.records, intact=9, interleaved=1))
BEHIND = dataclasses.replace(WHOLE, records=dataclasses.replace(WHOLE.records, reordered=2))
TOGETHER = dataclasses.replace(WHOLE, history=HistoryCounts(mutual_exclusion=3))
APART = dataclasses.replace(WHOLE, history=HistoryCounts(mutual_exclusion=0))


def document(*cases: tuple[Case, list[Account | None]]) -> dict[str, Any]:
    scenarios = [load(name) for name in dict.fromkeys(case.scenario for case, _ in cases)]
    run = Run("id", datetime.now(UTC), 1, ["harness"], scenarios, [case for case, _ in cases])
    for case, accounts in cases:
        for seed, account in enumerate(accounts):
            run.add(case, TrialResult(seed, account, "" if account else "not checked"))
    return results.document(run)


def case(name: str, **changes: Any) -> Case:
    scenario, _, own = name.partition("/")
    return dataclasses.replace(load(scenario).case(own), workload=Workload(10), **changes)


def cells(name: str, *accounts: Account | None) -> dict[str, str]:
    """Column -> cell of one case."""
    (one,) = document((case(name), list(accounts)))["cases"]
    return {
        title.replace("-\n", "").replace("\n", " "): str(matrix.cell(one, promises))
        for title, promises in matrix.COLUMNS
    }


@pytest.mark.parametrize(
    ("name", "accounts", "column", "says"),
    [
        ("shared-append/split", [WHOLE, WHOLE], "intact", "✔ kept"),
        ("shared-append/split", [WHOLE, TORN, TORN], "intact", "✘ 2 of 3"),
        ("shared-append/split", [None, TORN], "intact", "✘ 1 of 1"),
        ("shared-append/split", [None], "intact", "? unchecked"),
        ("shared-append/split", [], "none lost", "? unchecked"),
        ("shared-append/split", [WHOLE], "mutual exclusion", "-"),
        ("shared-append/split", [WHOLE], "no torn reads", "-"),
        ("redis-queue/list-3", [BEHIND, WHOLE], "in order", "~ 1 of 2"),
        ("redis-queue/list-3", [WHOLE], "in order", "-"),
        ("shared-append/python-text", [BEHIND], "in order", "✘ 1 of 1"),
        ("locked/flock", [APART, APART], "mutual exclusion", "✔ kept"),
        ("locked/flock", [APART, TOGETHER], "mutual exclusion", "✘ 1 of 2"),
        ("shared-append/split", [TOGETHER], "mutual exclusion", "~ 1 of 1"),
    ],
)
def test_a_cell(name: str, accounts: list[Account | None], column: str, says: str) -> None:
    assert cells(name, *accounts)[column] == says


def test_every_promise_has_a_column() -> None:
    assert {promise for _, promises in matrix.COLUMNS for promise in promises} == set(Promise)


def test_text_is_grouped_by_scenario_and_says_what_needs_a_word() -> None:
    found = document(
        (case("shared-append/split"), [TORN]),
        (case("locked/flock"), [APART]),
        (case("locked/mixed", skip=Skip("no lock here", "buy one")), []),
    )
    text = click.unstyle(matrix.render(found))
    lines = text.splitlines()
    assert lines[3:5] == ["", "shared-append: Several containers append to one file, and nobody coordinates"]
    split = next(line for line in lines if line.startswith("split"))
    assert split.split()[:5] == ["split", "unsafe", "✘", "1", "of"]
    assert any(line.startswith("locked: Writers take a lock") for line in lines)
    assert next(line for line in lines if line.startswith("flock")).split()[:3] == ["flock", "inconclusive", "!"]
    assert next(line for line in lines if line.startswith("mixed")).split()[:3] == ["mixed", "skipped", "-"]
    assert "locked/mixed: skipped: no lock here. Buy one" in lines
    assert any(line.startswith("locked/flock: inconclusive (expected safe): no positive control") for line in lines)
    for mark, meaning in matrix.LEGEND:
        assert mark in text
        assert meaning in text


def test_markdown_holds_the_same_cells() -> None:
    found = document((case("shared-append/split"), [TORN]), (case("shared-append/single", storage="tmpfs"), [WHOLE]))
    lines = matrix.render_markdown(found).splitlines()
    assert [cell.strip() for cell in lines[0].split("|")[1:-1]] == [
        "case", "verdict", "intact", "none lost", "no duplicates", "in order", "no torn reads", "fresh reads",
        "mutual exclusion", "cost", "what it does",
    ]  # fmt: skip
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:5]]
    assert rows[0][0] == "**shared-append**"
    assert rows[1][:4] == ["`split (volume)`", "unsafe", "✘ 1 of 1", "✔ kept"]
    assert rows[2][:4] == ["`single (tmpfs)`", "inconclusive !", "✔ kept", "✔ kept"]
    assert "\033" not in "".join(lines)


def test_a_skipped_case_is_not_safe() -> None:
    found = document((case("shared-append/single", skip=Skip("no", "yes")), []))
    assert found["cases"][0]["verdict"] == Verdict.SKIPPED
    assert "kept" not in next(line for line in matrix.render(found).splitlines() if line.startswith("single"))

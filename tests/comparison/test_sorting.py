"""Rows in the order that was asked for."""

from dataclasses import replace

import pytest

from harness import comparison
from harness.cli.comparing import COLUMNS
from harness.comparison import sorting
from harness.errors import UsageError
from tests.comparison.documents import CONTROL, SLOW, Planted, measured

LOG = Planted("log")
COSTLY = Planted("costly", speeds=SLOW)
LOSING = Planted("losing", speeds=[value * 2 for value in SLOW], lost=(3,))
CASES = (CONTROL, LOG, COSTLY, LOSING)


@pytest.mark.parametrize(
    ("column", "order"),
    [
        ("case", "control costly log losing"),
        ("verdict", "log costly control losing"),
        ("damage", "log costly losing control"),
        ("throughput", "control log losing costly"),
        ("p50", "control log losing costly"),
        ("p99", "control log losing costly"),
        ("cost", "control log losing costly"),
    ],
)
def test_strategies_the_best_first(column: str, order: str) -> None:
    rows = sorting.ordered(comparison.compare([measured("A", *CASES)]), column).rows
    assert [row.case.name.removeprefix("mine/") for row in rows] == order.split()


def test_changes_the_worst_first_and_rows_of_a_case_together() -> None:
    after = (CONTROL, replace(LOG, speeds=SLOW), replace(COSTLY, speeds=LOG.speeds), LOSING)
    compared = comparison.compare([measured("A", *CASES), measured("B", *after)])
    rows = sorting.ordered(compared, "change").rows
    assert [(row.case.name.removeprefix("mine/"), row.run) for row in rows] == [
        ("log", "A"), ("log", "B"), ("control", "A"), ("control", "B"), ("losing", "A"), ("losing", "B"),
        ("costly", "A"), ("costly", "B"),
    ]  # fmt: skip


def test_a_column_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"no column 'change'. Take case, verdict, damage, throughput, p50, p99, cost"):
        sorting.ordered(comparison.compare([measured("A", LOG)]), "change")
    with pytest.raises(UsageError, match="no column 'cost'"):
        sorting.ordered(comparison.compare([measured("A", LOG), measured("B", LOG)]), "cost")


def test_the_command_line_offers_all_columns() -> None:
    assert tuple(sorting.COLUMNS) == COLUMNS

"""The table of what observers saw."""

from typing import Any

from harness.report import reads

SEEN = {
    "total": 10, "whole": 4, "empty": 1, "partial": 2, "mixed": 0, "foreign": 0, "missing": 1, "absent": 2,
    "rejected": 0, "stale": 3, "backward": 0, "overlapped": 5, "versions": 2,
}  # fmt: skip


def case(*trials: dict[str, Any] | None) -> dict[str, Any]:
    records = {"acknowledged": 7, "superseded": 6}
    return {"observers": 2, "trials": [{"records": records, "reads": one} for one in trials]}


def test_nobody_observed() -> None:
    assert reads.table([("a", case(None)), ("b", case())]) == ""


def test_sums_over_trials_and_no_row_for_others() -> None:
    rows = reads.table([("a", case(None)), ("b", case(SEEN, SEEN))]).splitlines()
    assert rows[-1].split() == ["b", "2", "14", "12", "20", "8", "2", "4", "0", "0", "2", "4", "0", "6", "50%"]
    assert not any(row.startswith("a ") for row in rows)

"""A comparison as CSV, one line per case and run, numbers unrounded."""

import csv
import io
from typing import Any

from harness import statistics
from harness.comparison.changes import COMPARED
from harness.comparison.model import Change, Comparison, Metric, Row

TIMED = (Metric.RECORDS_PER_SECOND, Metric.P50_US, Metric.P99_US)
CHANGE = ("change", "change_low", "change_high", "adjusted_p", "trend")
HEADERS = (
    "case", "storage", "run", "path", "verdict", "verdict_before", "expected", "lost_control", "damage_rate",
    "damage_rate_low", "damage_rate_high", "damaged_trials", "trials", *TIMED, "relative_cost", "relative_cost_low",
    "relative_cost_high", *(f"{metric}_{part}" for metric in COMPARED for part in CHANGE),
)  # fmt: skip


def render(comparison: Comparison) -> str:
    """The lines, with a head."""
    paths = {run.label: run.path for run in comparison.runs}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADERS)
    writer.writerows(_line(row, paths[row.run]) for row in comparison.rows)
    return text.getvalue().rstrip("\n")


def _line(row: Row, path: str) -> list[Any]:
    case = row.case
    return [
        case.name, case.storage, row.run, path, case.verdict, row.reference.verdict if row.reference else None,
        case.expected, row.lost_control,
        case.damage_rate, *(case.damage_interval if case.trials else (None, None)), case.damaged_trials, case.trials,
        *(statistics.median(case.samples[metric]) if case.samples[metric] else None for metric in TIMED),
        row.cost.ratio if row.cost else None, *((row.cost.interval if row.cost else None) or (None, None)),
        *(value for metric in COMPARED for value in _change(row.changes.get(metric))),
    ]  # fmt: skip


def _change(change: Change | None) -> tuple[Any, ...]:
    if change is None:
        return (None,) * len(CHANGE)
    return change.effect, *(change.interval or (None, None)), change.adjusted_p, change.trend

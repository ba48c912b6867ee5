"""The order of a comparison's rows; rows of one case stay together, in the order of the runs."""

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

from harness import statistics
from harness.comparison.model import Comparison, Kind, Metric, Row
from harness.errors import UsageError
from harness.model import Verdict

LAST = float("inf")
RANK = {
    verdict: place
    for place, verdict in enumerate((Verdict.SAFE, Verdict.SKIPPED, Verdict.INCONCLUSIVE, Verdict.UNSAFE))
}


def _median(row: Row, metric: Metric) -> float:
    values = row.case.samples[metric]
    return statistics.median(values) if values else LAST


def _throughput(row: Row) -> float:
    values = row.case.samples[Metric.RECORDS_PER_SECOND]
    return -statistics.median(values) if values else LAST


def _damage(row: Row) -> float:
    return LAST if row.case.damage_rate is None else row.case.damage_rate


def _cost(row: Row) -> float:
    return row.cost.ratio if row.cost else LAST


def _change(row: Row) -> float:
    change = row.changes.get(Metric.RECORDS_PER_SECOND)
    return LAST if change is None or change.effect is None else change.effect


COLUMNS: dict[str, Callable[[Row], float | str]] = {
    "case": lambda row: row.case.name,
    "verdict": lambda row: RANK[row.case.verdict],
    "damage": _damage,
    "throughput": _throughput,
    "p50": lambda row: _median(row, Metric.P50_US),
    "p99": lambda row: _median(row, Metric.P99_US),
    "cost": _cost,
    "change": _change,
}
"""Column -> what it sorts by. The best comes first; of changes the worst."""
OF_ONE_KIND = {"cost": Kind.STRATEGIES, "change": Kind.RUNS}


def ordered(comparison: Comparison, column: str) -> Comparison:
    """The comparison with its cases sorted by what the last run shows. Raises UsageError for a column it lacks."""
    if OF_ONE_KIND.get(column, comparison.kind) is not comparison.kind:
        there = [name for name in COLUMNS if OF_ONE_KIND.get(name, comparison.kind) is comparison.kind]
        raise UsageError(f"--sort: this comparison has no column {column!r}", f"Take {', '.join(there)}")
    groups = [list(rows) for _, rows in groupby(comparison.rows, lambda row: (row.key, _alone(comparison, row)))]
    groups.sort(key=lambda rows: COLUMNS[column](rows[-1]))
    return replace(comparison, rows=tuple(row for rows in groups for row in rows))


def _alone(comparison: Comparison, row: Row) -> str:
    return row.run if comparison.kind is Kind.STRATEGIES else ""

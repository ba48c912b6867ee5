"""Compares what was measured: strategies side by side, or runs before and after.

The trial is the unit, as everywhere. All tests of one comparison are corrected together (Holm), so that a table of
forty tests shows a difference by chance no more often than a single one would. Pure: documents in, a record out.
"""

from collections.abc import Sequence
from dataclasses import replace

from harness.comparison import changes, matching, unlike
from harness.comparison.measured import measured, only
from harness.comparison.model import Change, Comparison, Difference, Kind, MeasuredCase, MeasuredRun, Metric, Row, Trend
from harness.errors import ExitCode
from harness.model import Verdict
from harness.statistics import ALPHA, CONFIDENCE, trials_needed

__all__ = [
    "Change",
    "Comparison",
    "Difference",
    "Kind",
    "MeasuredRun",
    "Metric",
    "Row",
    "Trend",
    "compare",
    "exit_code",
    "measured",
    "only",
]


NOTHING_SHOWN = (Verdict.INCONCLUSIVE, Verdict.SKIPPED)


def compare(runs: Sequence[MeasuredRun], alpha: float = ALPHA) -> Comparison:
    """Runs that have cases in common are held against the first of them; else all cases stand side by side."""
    matched = matching.match(runs)
    kind = Kind.RUNS if matched.common else Kind.STRATEGIES
    rows = _corrected(_against_first(matched) if matched.common else _side_by_side(runs), alpha)
    tests = sum(1 for row in rows for one in row.changes.values() if one.p is not None)
    return Comparison(
        kind=kind,
        runs=tuple(runs),
        rows=tuple(rows),
        unlike={run.label: found for run in runs[1:] if (found := unlike.surroundings(runs[0], run))},
        unmatched={label: names for label, names in matched.alone.items() if names and kind is Kind.RUNS},
        tests=tests,
        needs_trials=trials_needed(max(1, tests), alpha),
        alpha=alpha,
        confidence=CONFIDENCE,
    )


def exit_code(comparison: Comparison) -> ExitCode:
    """What ``--exit-code`` ends with: 1 for anything that got worse, 3 for a safety that is no longer shown, else 0."""
    against = [row for row in comparison.rows if row.reference is not None]
    if any(_is_worse(row) for row in against):
        return ExitCode.DAMAGE
    if any(
        row.lost_control or (row.case.verdict in NOTHING_SHOWN and row.case.verdict is not _former(row))
        for row in against
    ):
        return ExitCode.INCONCLUSIVE
    return ExitCode.AS_EXPECTED


def _is_worse(row: Row) -> bool:
    worse = {one.metric for one in row.changes.values() if one.trend is Trend.WORSE}
    if row.case.expected is Verdict.UNSAFE:
        return bool(worse - {Metric.DAMAGE_RATE})
    return bool(worse) or (row.case.verdict is Verdict.UNSAFE and _former(row) is not Verdict.UNSAFE)


def _former(row: Row) -> Verdict | None:
    return row.reference.verdict if row.reference else None


def _against_first(matched: matching.Matched) -> list[Row]:
    """A row per common case and run; the first of each case is what the others are held against."""
    rows = []
    for key, cases in matched.common.items():
        first, *others = cases.items()
        rows.append(Row(key, first[0], first[1]))
        for label, case in others:
            rows.append(
                Row(
                    key, label, case, first[1],
                    changes=changes.changes(first[1], case),
                    unlike=unlike.load(first[1], case),
                    altered=unlike.pattern(first[1], case),
                    lost_control=_control_lost(first[1], case),
                )
            )  # fmt: skip
    return rows


def _control_lost(before: MeasuredCase, after: MeasuredCase) -> bool:
    """Whether the case's control did corrupt, and no longer does; or the case is such a control itself."""
    if before.control and after.control:
        return before.control.damaged_trials > 0 and after.control.damaged_trials == 0
    corrupted = before.verdict is Verdict.UNSAFE and after.verdict is not Verdict.UNSAFE
    return corrupted and after.expected is Verdict.UNSAFE


def _side_by_side(runs: Sequence[MeasuredRun]) -> list[Row]:
    """A row per case; its cost is relative to its scenario's baseline in the same run and storage."""
    rows = []
    for run in runs:
        for case in run.cases:
            baseline = matching.baseline_of(case, run)
            cost = changes.cost(baseline, case) if baseline else None
            rows.append(Row((case.name, case.storage), run.label, case, cost=cost))
    return rows


def _corrected(rows: Sequence[Row], alpha: float) -> list[Row]:
    judged = iter(changes.corrected([one for row in rows for one in row.changes.values()], alpha))
    return [replace(row, changes={metric: next(judged) for metric in row.changes}) for row in rows]

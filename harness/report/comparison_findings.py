"""What a comparison comes to, in sentences: verdicts that changed first, and what makes the sides unlike."""

from collections.abc import Iterator, Sequence

import click

from harness.comparison.model import Comparison, Kind, MeasuredRun, Metric, Row, Trend
from harness.errors import counted
from harness.report.comparison_cells import TITLES, differences, effect, name, verdict_changed
from harness.statistics import least_p

WORSE, BETTER = "red", "green"
WARNING = "warning"
SUSPICIOUS = 3
MOST_NAMES = 5
"""cases that all went one way"""


def legend(run: MeasuredRun) -> str:
    """One line on a run: what its letter stands for."""
    engine = run.setting.get("engine")
    where = {"local": "NO CONTAINERS: local engine", None: "nothing was started"}.get(engine, f"{engine} engine")
    stopped = f", STOPPED EARLY: {run.error}" if run.error else ""
    return f"{run.label}: {run.path} · {run.started} · {where} · seed {run.seed}{stopped}"


def findings(comparison: Comparison) -> Iterator[str]:
    """All that is to be said, the most important first."""
    for row in comparison.rows:
        yield from _verdict(comparison, row)
    yield from warnings(comparison)
    for row in comparison.rows:
        yield from _numbers(comparison, row)
    yield from _all_alike(comparison)
    yield from _too_few(comparison)
    yield _summary(comparison)


def warnings(comparison: Comparison) -> Iterator[str]:
    """What the sides do not share: surroundings, cases; and a run that is held against itself."""
    first = comparison.runs[0]
    for label, found in comparison.unlike.items():
        yield f"{WARNING}: {first.label} and {label} ran in unlike surroundings: {differences(found)}"
    for row in comparison.rows:
        if row.unlike:
            unlike = f"unlike load, which alone can change the numbers: {differences(row.unlike)}"
            yield f"{WARNING}: {_what(comparison, row)}: {unlike}"
    for run in comparison.runs[1:]:
        if run.id == first.id and comparison.kind is Kind.RUNS:
            yield f"note: {first.label} and {run.label} are the same run"
    for label, names in comparison.unmatched.items():
        yield f"note: only in {label}: {_few(names)}"


def _few(names: Sequence[str]) -> str:
    """The first of them, and how many more."""
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _what(comparison: Comparison, row: Row) -> str:
    return f"{name(comparison, row)}, run {row.run}"


def _verdict(comparison: Comparison, row: Row) -> Iterator[str]:
    if row.reference and verdict_changed(row):
        told = f"VERDICT CHANGED: {row.reference.verdict} → {row.case.verdict}"
        colour = BETTER if row.case.verdict is row.case.expected else WORSE
        yield f"{_what(comparison, row)}: {click.style(told, fg=colour, bold=True)}: {'; '.join(row.case.reasons)}"
    if row.lost_control:
        lost = click.style("LOST CONTROL", fg=WORSE, bold=True)
        yield f"{_what(comparison, row)}: {lost}: {_lost(row)}; whether safe patterns are safe is no longer shown"


def _lost(row: Row) -> str:
    control = row.case.control
    if control is None:
        return "it did corrupt, and did not this time"
    return (
        f"{control.name} was skipped"
        if control.skipped
        else f"{control.name} corrupted 0 of {counted(control.trials, 'trial')}"
    )


def _numbers(comparison: Comparison, row: Row) -> Iterator[str]:
    for trend, colour in ((Trend.WORSE, WORSE), (Trend.BETTER, BETTER)):
        if found := [one for one in row.changes.values() if one.trend is trend]:
            told = "; ".join(f"{TITLES[one.metric]} {effect(one)} (p = {one.adjusted_p:.2g})" for one in found)
            yield f"{_what(comparison, row)}: {click.style(trend, fg=colour)}: {told}"
    if row.altered:
        yield f"{_what(comparison, row)}: another pattern: {differences(row.altered)}"


def _all_alike(comparison: Comparison) -> Iterator[str]:
    """When every case of a run became faster, or every one slower, the machine is the first suspect."""
    for run in comparison.runs:
        speeds = [row.changes.get(Metric.RECORDS_PER_SECOND) for row in comparison.rows if row.run == run.label]
        trends = {one.trend for one in speeds if one}
        if len(trends) == 1 and len(speeds) >= SUSPICIOUS and Trend.SAME not in trends:
            word = "slower" if trends == {Trend.WORSE} else "faster"
            yield f"{WARNING}: all {len(speeds)} cases of {run.label} are {word}: perhaps the machine was"


def _too_few(comparison: Comparison) -> Iterator[str]:
    found = [one for row in comparison.rows for one in row.changes.values() if one.too_few]
    if not found:
        return
    fewest = min((one.trials for one in found), key=sum)
    among = f", {comparison.tests} tests corrected together" if comparison.tests > 1 else ""
    yield (
        f"note: too few trials to tell: {fewest[0]} against {fewest[1]} can give p = {least_p(*fewest):.2g} at best"
        f"{among}; needs >= {comparison.needs_trials} trials each (--trials {comparison.needs_trials}), "
        f"or fewer cases (--case)"
    )


def _summary(comparison: Comparison) -> str:
    if comparison.kind is Kind.STRATEGIES:
        return "cost: time per record, as a multiple of that of the scenario's baseline"
    rows = [row for row in comparison.rows if row.reference]
    changed = sum(1 for row in rows if verdict_changed(row))
    worse, better = (
        sum(1 for row in rows if any(one.trend is trend for one in row.changes.values()))
        for trend in (Trend.WORSE, Trend.BETTER)
    )
    return (
        f"verdicts changed: {changed}, cases worse: {worse}, better: {better}, of {len(rows)} compared. ~ is what "
        f"chance could make (Mann-Whitney over trials, Holm over {comparison.tests} tests, {comparison.alpha:.0%})"
    )

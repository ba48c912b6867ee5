"""Columns of a comparison's table, the same in the terminal and in Markdown."""

from collections import Counter
from collections.abc import Callable, Sequence

import click

from harness import statistics
from harness.comparison.model import Change, Comparison, Difference, Kind, Metric, Row, Trend
from harness.model import Verdict
from harness.report.cells import COLOURS, percent

Column = tuple[str, Callable[[Row], str]]
TITLES = {
    Metric.DAMAGE_RATE: "damage rate",
    Metric.RECORDS_PER_SECOND: "records/s",
    Metric.P50_US: "p50",
    Metric.P99_US: "p99",
}
TREND_COLOURS = {Trend.BETTER: "green", Trend.WORSE: "red"}
INTERVAL = "[95 % interval]"
NOTHING = "-"
LEAST_FACTOR = 10
TIMES = "\N{MULTIPLICATION SIGN}"


def columns(comparison: Comparison) -> list[Column]:
    """Title and cell of each column; a line break parts a title from its unit or interval."""
    case: Column = ("case", lambda row: name(comparison, row))
    run: list[Column] = [("run", lambda row: row.run)] if len(comparison.runs) > 1 else []
    damage: list[Column] = [("verdict", verdict), (f"damage rate\n{INTERVAL}", _rate)]
    damaged: Column = ("damaged\ntrials", lambda row: f"{row.case.damaged_trials}/{row.case.trials}")
    timed: list[Column] = [
        ("records/s", lambda row: _median(row, Metric.RECORDS_PER_SECOND)),
        ("p50\nµs", lambda row: _median(row, Metric.P50_US)),
        ("p99\nµs", lambda row: _median(row, Metric.P99_US)),
    ]
    if comparison.kind is Kind.STRATEGIES:
        return [case, *run, *damage, damaged, *timed, (f"cost\n{INTERVAL}", cost)]
    rate, speed, p50, p99 = (_changed(metric) for metric in TITLES)
    return [case, *run, *damage, rate, damaged, timed[0], speed, timed[1], p50, timed[2], p99]


def name(comparison: Comparison, row: Row) -> str:
    """The case's name, with its storage where that tells rows apart."""
    storages = Counter((one.run, one.case.name) for one in comparison.rows)
    return f"{row.case.name} ({row.case.storage})" if storages[row.run, row.case.name] > 1 else row.case.name


def verdict_changed(row: Row) -> bool:
    """Whether a run's verdict on a case is another than its reference's."""
    return row.reference is not None and row.reference.verdict is not row.case.verdict


def verdict(row: Row) -> str:
    """The verdict; before it the reference's where that was another, behind it what was expected likewise."""
    now = click.style(row.case.verdict, fg=COLOURS[row.case.verdict])
    if verdict_changed(row) and row.reference:
        return f"{row.reference.verdict} → {now}"
    as_expected = row.case.verdict in (row.case.expected, Verdict.SKIPPED)
    return now if as_expected else f"{now}, expected {row.case.expected}"


def effect(found: Change) -> str:
    """A difference with its interval: percentage points for a rate, else per cent, or a factor from 10 on."""
    if found.effect is None:
        return f"{number(found.before)} → {number(found.after)}"
    shown = _factor if found.metric is not Metric.DAMAGE_RATE and found.effect >= LEAST_FACTOR - 1 else _signed
    unit = " points" if found.metric is Metric.DAMAGE_RATE else "%" if shown is _signed else ""
    interval = "" if found.interval is None else f" [{', '.join(map(shown, found.interval))}]"
    return f"{shown(found.effect)}{unit}{interval}"


def cost(row: Row) -> str:
    """Time per record as a multiple of the baseline's, with its interval."""
    if row.cost is None:
        return NOTHING
    bounds = row.cost.interval
    return f"{row.cost.ratio:.2f}{'' if bounds is None else f' [{bounds[0]:.2f}, {bounds[1]:.2f}]'}"


def number(value: float) -> str:
    """A measured number, with one decimal where it is small."""
    return f"{value:.1f}" if 0 < value < 10 else f"{value:,.0f}"


def differences(found: Sequence[Difference]) -> str:
    """What differs, as before → after."""
    return "; ".join(f"{one.what} {_value(one.before)} → {_value(one.after)}" for one in found)


def _changed(metric: Metric) -> Column:
    def cell(row: Row) -> str:
        found = row.changes.get(metric)
        if found is None:
            return ""
        if found.trend is Trend.SAME:
            return Trend.SAME
        return click.style(effect(found), fg=TREND_COLOURS[found.trend])

    return f"change\n{INTERVAL}", cell


def _rate(row: Row) -> str:
    if row.case.damage_rate is None:
        return NOTHING
    low, high = row.case.damage_interval
    return f"{percent(row.case.damage_rate)} [{percent(low)}, {percent(high)}]"


def _median(row: Row, metric: Metric) -> str:
    values = row.case.samples[metric]
    return number(statistics.median(values)) if values else NOTHING


def _signed(share: float) -> str:
    """A share of 1 as per cent with its sign, the sign of per cent left out."""
    return f"{share:+.1%}".removesuffix("%") if abs(share) < 1 else f"{share:+,.0%}".removesuffix("%")


def _factor(share: float) -> str:
    """A change by a share of 1 as the multiple that it leads to."""
    return f"{TIMES}{1 + share:,.1f}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value) or "none"

"""Change of one metric between two sets of trials, and whether chance could have made it."""

import statistics as averages
from collections.abc import Sequence
from dataclasses import replace

from harness import statistics
from harness.comparison.model import Change, Cost, MeasuredCase, Metric, Trend

COMPARED = (Metric.DAMAGE_RATE, Metric.RECORDS_PER_SECOND, Metric.P50_US, Metric.P99_US)
HIGHER_IS_BETTER = {Metric.RECORDS_PER_SECOND}


def changes(before: MeasuredCase, after: MeasuredCase) -> dict[Metric, Change]:
    """How each metric of a case went, not yet corrected for other tests; without those that a side lacks."""
    found = {}
    for metric in COMPARED:
        old, new = before.samples[metric], after.samples[metric]
        if old and new:
            found[metric] = _rate(old, new) if metric is Metric.DAMAGE_RATE else _relative(metric, old, new)
    return found


def cost(baseline: MeasuredCase, case: MeasuredCase) -> Cost | None:
    """Time per record relative to the baseline's; None where a side has no trials or acknowledged nothing."""
    own, bare = (one.samples[Metric.RECORDS_PER_SECOND] for one in (case, baseline))
    if not own or not bare:
        return None
    ratio, interval = statistics.median_ratio(bare, own)
    return None if ratio is None else Cost(ratio, interval if case is not baseline else None)


def corrected(found: Sequence[Change], alpha: float) -> list[Change]:
    """The changes with p adjusted for all tests among them, and the trend that follows."""
    tested = [one for one in found if one.p is not None]
    adjusted = iter(statistics.holm([one.p for one in tested if one.p is not None]))
    return [one if one.p is None else _judged(one, next(adjusted), len(tested), alpha) for one in found]


def _judged(one: Change, adjusted_p: float, tests: int, alpha: float) -> Change:
    trend = _direction(one) if adjusted_p <= alpha else Trend.SAME
    too_few = statistics.least_p(*one.trials) * tests > alpha
    return replace(one, adjusted_p=adjusted_p, trend=trend, too_few=too_few and trend is Trend.SAME)


def _direction(one: Change) -> Trend:
    if one.after == one.before:
        return Trend.SAME
    return Trend.BETTER if (one.after > one.before) is (one.metric in HIGHER_IS_BETTER) else Trend.WORSE


def _rate(old: Sequence[float], new: Sequence[float]) -> Change:
    old_mean, new_mean = averages.fmean(old), averages.fmean(new)
    difference, interval = statistics.mean_difference(new, old)
    return _change(Metric.DAMAGE_RATE, (old_mean, new_mean), difference, interval, old, new)


def _relative(metric: Metric, old: Sequence[float], new: Sequence[float]) -> Change:
    ratio, bounds = statistics.median_ratio(new, old)
    interval = (bounds[0] - 1, bounds[1] - 1) if bounds else None
    effect = None if ratio is None else ratio - 1
    return _change(metric, (statistics.median(old), statistics.median(new)), effect, interval, old, new)


def _change(
    metric: Metric,
    sides: tuple[float, float],
    effect: float | None,
    interval: statistics.Interval | None,
    old: Sequence[float],
    new: Sequence[float],
) -> Change:
    p = statistics.mann_whitney(old, new)
    return Change(metric, *sides, effect, interval, (len(old), len(new)), p, None, Trend.SAME, too_few=False)

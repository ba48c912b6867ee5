"""Numbers with their uncertainty.

The trial is the unit of replication: damage comes in bursts, so records are not independent.
"""

import math
import statistics
from collections.abc import Sequence

CONFIDENCE = 0.95
ALPHA = 0.05
Interval = tuple[float, float]
MOST_FOR_EXACT = 50
"""values a side, up to which the exact distribution without ties is computed"""
MOST_ARRANGEMENTS = 20_000
"""ways to deal the values to the sides, up to which all are tried where values are tied"""
RESAMPLES = 9_999
LEAST_FOR_BOOTSTRAP = 4
"""trials a side: below it the interval covers much less than it says"""


def proportion_interval(hits: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Exact interval for a proportion (Clopper & Pearson 1934): bounds from 0 to 1; (0, 1) for no trials.

    Never shorter than its confidence promises. None and all of n have closed forms, which spare the ordinary
    run the import of scipy (0.25 s).
    """
    tail = (1 - confidence) / 2
    if trials == 0:
        return 0.0, 1.0
    if hits == 0:
        return 0.0, 1 - tail ** (1 / trials)
    if hits == trials:
        return tail ** (1 / trials), 1.0
    from scipy.special import betaincinv

    return (
        float(betaincinv(hits, trials - hits + 1, tail)),
        float(betaincinv(hits + 1, trials - hits, 1 - tail)),
    )


def rate_interval(
    damaged: Sequence[int], attempted: Sequence[int], confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Interval for the mean of per-trial damage rates: records ``damaged`` of those ``attempted``, by trial.

    Student's t over trials, cut to [0, 1]. Where no trial shows damage the t interval is empty, so the upper
    bound is that of the share of damaged trials: a mean rate can't exceed it. One trial tells nothing of the
    spread: (0, 1), or (0, its upper bound) without damage. Never narrower than if records were independent:
    trials that happen to agree are no certainty.
    """
    rates = [bad / all_ if all_ else 0.0 for bad, all_ in zip(damaged, attempted, strict=True)]
    count = len(rates)
    if not any(rates):
        return 0.0, proportion_interval(0, count, confidence)[1]
    if count < 2:
        return 0.0, 1.0
    from scipy.special import stdtrit

    mean = statistics.fmean(rates)
    half = float(stdtrit(count - 1, (1 + confidence) / 2)) * statistics.stdev(rates) / count**0.5
    low, high = proportion_interval(sum(damaged), sum(attempted), confidence)
    return max(0.0, min(low, mean - half)), min(1.0, max(high, mean + half))


def median(values: Sequence[float]) -> float:
    """The median, 0 for no values."""
    return statistics.median(values) if values else 0.0


def mann_whitney(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Two-sided p of "neither tends to be larger" (Mann & Whitney 1947); None where no data could show anything.

    Exact up to 50 values a side, and with ties where all arrangements can be tried (8 a side); else
    asymptotic, with corrections for ties and continuity, and never below the least that is possible.
    """
    if not one or not other or len({*one, *other}) == 1:
        return None
    from scipy.stats import PermutationMethod, mannwhitneyu

    ties = len({*one, *other}) < len(one) + len(other)
    arrangements = math.comb(len(one) + len(other), len(one))
    if not ties and max(len(one), len(other)) <= MOST_FOR_EXACT:
        found = mannwhitneyu(one, other, method="exact")
    elif ties and arrangements <= MOST_ARRANGEMENTS and min(len(one), len(other)) > 1:
        found = mannwhitneyu(one, other, method=PermutationMethod(n_resamples=arrangements))
    else:
        found = mannwhitneyu(one, other, method="asymptotic")
    return min(1.0, max(float(found.pvalue), least_p(len(one), len(other))))


def least_p(one: int, other: int) -> float:
    """The smallest two-sided p that a Mann-Whitney test of so many values can give: all of one side above the other."""
    return min(1.0, 2 / math.comb(one + other, one))


def trials_needed(tests: int, alpha: float = ALPHA) -> int:
    """Trials a side from which one of ``tests`` Mann-Whitney tests, corrected by Holm, can reach ``alpha``."""
    trials = 1
    while least_p(trials, trials) * tests > alpha:
        trials += 1
    return trials


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p in the same order: at or below alpha where a test stands among that many (Holm 1979).

    Holds the chance of any false positive at alpha, whatever the tests' dependence.
    """
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def median_ratio(
    one: Sequence[float], base: Sequence[float], confidence: float = CONFIDENCE
) -> tuple[float | None, Interval | None]:
    """Ratio of the medians of ``one`` to ``base``, and its percentile bootstrap interval (Efron 1979).

    Both None where a value is not above 0; the interval also with fewer than 4 values a side. Resampling is seeded,
    so that the same values always give the same interval, in whatever order; swapping the sides inverts it.
    """
    if not one or not base or min(*one, *base) <= 0:
        return None, None
    ratio = median(one) / median(base)
    if min(len(one), len(base)) < LEAST_FOR_BOOTSTRAP:
        return ratio, None
    first, second = sorted([sorted(one), sorted(base)])
    low, high = _bootstrap("median ratio", first, second, confidence)
    if first == second:
        return ratio, (min(low, 1 / high), max(high, 1 / low))
    return ratio, (low, high) if first == sorted(one) else (1 / high, 1 / low)


def mean_difference(
    one: Sequence[float], base: Sequence[float], confidence: float = CONFIDENCE
) -> tuple[float, Interval | None]:
    """Mean of ``one`` minus that of ``base``, of at least one value each, and its bootstrap interval.

    Percentiles are expanded for the number of values (Hesterberg 2015, section 3.3), without which the interval
    of a mean of few is too narrow. None with fewer than 4 values a side, or without any spread to resample.
    Seeded like `median_ratio`; swapping the sides changes the signs.
    """
    difference = statistics.fmean(one) - statistics.fmean(base)
    count = min(len(one), len(base))
    if count < LEAST_FOR_BOOTSTRAP or (len({*one}) == 1 and len({*base}) == 1):
        return difference, None
    from scipy.special import ndtr, stdtrit

    expanded = 1 - 2 * float(ndtr(-((count / (count - 1)) ** 0.5) * stdtrit(count - 1, (1 + confidence) / 2)))
    first, second = sorted([sorted(one), sorted(base)])
    low, high = _bootstrap("mean difference", first, second, expanded)
    if first == second:
        return difference, (min(low, -high), max(high, -low))
    return difference, (low, high) if first == sorted(one) else (-high, -low)


def _bootstrap(statistic: str, one: Sequence[float], base: Sequence[float], confidence: float) -> Interval:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.stats import bootstrap

    def of_resamples(a: NDArray[np.float64], b: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        if statistic == "median ratio":
            return np.asarray(np.median(a, axis=axis) / np.median(b, axis=axis))
        return np.asarray(np.mean(a, axis=axis) - np.mean(b, axis=axis))

    found = bootstrap(
        (np.asarray(one), np.asarray(base)), of_resamples, vectorized=True, n_resamples=RESAMPLES,
        confidence_level=confidence, method="percentile", rng=0,
    ).confidence_interval  # fmt: skip
    return float(found.low), float(found.high)

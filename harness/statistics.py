"""Numbers with their uncertainty.

The trial is the unit of replication: damage comes in bursts, so records are not independent.
"""

import statistics
from collections.abc import Sequence

CONFIDENCE = 0.95


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

"""Progress of each writer and the distribution of latencies, as few numbers as a plot needs."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.analysis.journals import Journals

MOST_POINTS = 100
MOST_VALUES = 6400
"""of all writers together"""
BINS_PER_DECADE = 8
LATENCY_BINS = 60
LOWEST_US = 0.1
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Span:
    """From the first attempt to the last time that is noted, ns of the writers' monotonic clock."""

    start_ns: int
    end_ns: int


def span(journals: Journals) -> Span:
    """The time that a trial took; empty without operations."""
    first, last = NEVER, 0
    for writer in journals.writers:
        for _, (begin, acknowledged) in journals.slices(writer, "begin", "acknowledged"):
            first = min(first, int(begin[begin > 0].min(initial=NEVER)))
            last = max(last, int(begin.max(initial=0)), int(acknowledged.max(initial=0)))
    return Span(first, last) if last else Span(0, 0)


def progress(journals: Journals, extent: Span) -> dict[str, Any]:
    """Records acknowledged by each writer up to each of some instants, equally far apart."""
    points = max(2, min(MOST_POINTS, MOST_VALUES // max(len(journals.writers), 1)))
    instants = np.linspace(extent.start_ns, extent.end_ns, points).astype(np.int64)
    writers = []
    for writer in journals.writers:
        counts = np.zeros(points, np.int64)
        for _, (acknowledged,) in journals.slices(writer, "acknowledged"):
            times = np.sort(acknowledged[acknowledged > 0])
            counts += np.searchsorted(times, instants, side="right")
        writers.append({"writer": writer, "acknowledged": counts.tolist()})
    return {"at_us": ((instants - extent.start_ns) / 1e3).round(1).tolist(), "writers": writers}


def latencies(journals: Journals) -> dict[str, Any]:
    """Acknowledged operations by their latency, in bins whose edges grow by the same factor.

    Bin ``i`` starts at ``lowest_us * 10 ** (i / bins_per_decade)``. The first and last one also hold what is beyond.
    """
    counts = np.zeros(LATENCY_BINS, np.int64)
    for writer in journals.writers:
        for _, (begin, acknowledged) in journals.slices(writer, "begin", "acknowledged"):
            took_us = (acknowledged - begin)[(acknowledged > 0) & (begin > 0)] / 1e3
            place = np.log10(np.maximum(took_us, LOWEST_US) / LOWEST_US) * BINS_PER_DECADE
            counts += np.bincount(np.clip(place, 0, LATENCY_BINS - 1).astype(np.int64), minlength=LATENCY_BINS)
    return {"lowest_us": LOWEST_US, "bins_per_decade": BINS_PER_DECADE, "counts": counts.tolist()}

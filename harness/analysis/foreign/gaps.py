"""What is missing: from the sequence numbers seen and what was expected to the gaps of each writer.

Without a number of records, a gap is what lies between a writer's lowest and highest number. With it, each
writer's records are numbered from 0 or from 1, as the log shows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis.foreign.findings import Expected
from harness.analysis.foreign.seen import Ints, Seen
from harness.analysis.foreign.tally import State

_NUMBERED = re.compile(rb"(\D*)(\d+)(\D*)", re.DOTALL)
MAX_GAPS = 10_000
MAX_GAPS_IN_ALL = 200_000
LEAST_GAPS = 20


@dataclass(frozen=True, slots=True)
class Share:
    """What is missing of one writer, and what is there beyond its ``first`` to ``last`` expected record.

    ``gaps`` holds the first runs of missing numbers, of ``gap_count``.
    """

    missing: int = 0
    gaps: tuple[tuple[int, int], ...] = ()
    gap_count: int = 0
    unexpected: int = 0


def first_number(states: Sequence[State], records: int) -> int:
    """0 or 1: where the numbering of ``records`` records begins.

    0 when a writer's record 0 was seen, unless more writers show a record numbered ``records``, which only a numbering
    from 1 has.
    """
    ends = np.array([0, records])
    zero = last = 0
    for state in states:
        if state.lowest == 0 or state.highest >= records:
            held = state.seen.holds(ends)
            zero += bool(held[0])
            last += bool(held[1])
    return 0 if zero and zero >= last else 1


def expected_states(states: Sequence[State], expected: Expected) -> set[int]:
    """Which of the writers seen are the expected ones: those with most records."""
    if expected.writers is None or len(states) <= expected.writers:
        return set(range(len(states)))
    ranked = sorted(range(len(states)), key=lambda at: (-states[at].distinct, -states[at].lines, at))
    return set(ranked[: expected.writers])


def most_gaps(writers: int) -> int:
    """How many gaps of each of so many writers are told, so that their sum is bounded."""
    return min(MAX_GAPS, max(LEAST_GAPS, MAX_GAPS_IN_ALL // max(1, writers)))


def share_of(state: State, first: int, last: int, most: int = MAX_GAPS) -> Share:
    """The share of a writer from whom records ``first`` to ``last`` were expected, with ``most`` gaps at most."""
    low, high = state.seen.intervals()
    inside = (high >= first) & (low <= last)
    low_in, high_in = np.maximum(low[inside], first), np.minimum(high[inside], last)
    there = int((high_in - low_in).sum()) + low_in.size
    if not low_in.size:
        whole = ((first, last),) if first <= last else ()
        return Share(max(0, last - first + 1), whole, len(whole), state.distinct)
    gaps = [(first, int(low_in[0]) - 1)] if low_in[0] > first else []
    gaps += _between(low_in, high_in, most)
    count = int(low_in[0] > first) + low_in.size - 1 + int(high_in[-1] < last)
    if high_in[-1] < last:
        gaps.append((int(high_in[-1]) + 1, last))
    return Share(last - first + 1 - there, tuple(gaps[:most]), count, state.distinct - there)


def share_among(state: State, wanted: Seen, most: int = MAX_GAPS) -> Share:
    """The share of a writer from whom the records ``wanted`` were expected, with ``most`` gaps at most."""
    low, high = wanted.intervals()
    low_seen, high_seen = state.seen.intervals()
    at = np.concatenate([low, high + 1, low_seen, high_seen + 1])
    step = np.repeat([1, -1, 2, -2], [low.size, low.size, low_seen.size, low_seen.size])
    order = np.argsort(at, kind="stable")
    at = at[order]
    size, state_of = np.diff(at), np.cumsum(step[order])[:-1]  # 1: wanted, 2: seen, 3: both
    gap = np.flatnonzero((state_of == 1) & (size > 0))
    gaps = zip(at[gap[:most]].tolist(), (at[gap[:most] + 1] - 1).tolist(), strict=True)
    there = int(size[state_of == 3].sum())
    return Share(int(size[gap].sum()), tuple(gaps), gap.size, state.distinct - there)


def _between(low: Ints, high: Ints, most: int) -> list[tuple[int, int]]:
    return [(a + 1, b - 1) for a, b in zip(high[:most].tolist(), low[1 : most + 1].tolist(), strict=False)]


def unseen_names(states: Sequence[State], expected: int) -> list[bytes]:
    """The names of writers of whom nothing was seen, where the others' names tell: numbered from 0 or from 1."""
    names = {state.name for state in states}
    parts = [_NUMBERED.fullmatch(name) for name in names]
    forms = {(part[1], part[3]) for part in parts if part}
    if len(forms) != 1 or None in parts:
        return []
    before, behind = forms.pop()
    digits = [part[2] for part in parts if part]
    width = len(digits[0]) if any(one.startswith(b"0") and len(one) > 1 for one in digits) else 1
    for first in (0, 1):
        every = [before + b"%0*d" % (width, number) + behind for number in range(first, first + expected)]
        edge = every[0] if first == 0 else every[-1]
        if names < set(every) and edge in names:
            return [name for name in every if name not in names]
    return []

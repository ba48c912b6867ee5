"""Runs with what adjoins them, byte by byte: fragments."""

from collections.abc import Callable

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Bytes, Ints
from harness.analysis.disputes import dispute
from harness.analysis.spans import Fragments, Runs

LengthOf = Callable[[Ints], Ints]
"""From keys to lengths of records, 0 where nobody knows."""


def extend(data: Bytes, runs: Runs, floor: Ints, ceiling: Ints, length_of: LengthOf) -> Fragments:
    """Runs with what adjoins them: fragments, to the byte.

    ``floor`` and ``ceiling``: how far each may reach, which is to whole records and to other runs. Runs that
    contradict the length that ``length_of`` knows come out with size 0.
    """
    known = length_of(runs.key)
    length = np.where(known > 0, known, runs.length)
    length = _shared(runs.key, length)
    false = (length > 0) & (runs.start + (runs.end - runs.pos) >= length)
    false |= (runs.length > 0) & (runs.length != length)
    right, length = inner.to_the_right(data, runs, ceiling, length)
    length = _shared(runs.key, length)
    left = inner.to_the_left(data, runs, floor, length)
    left[false] = right[false] = 0
    pos, end = runs.pos - left, runs.end + right
    overlap = np.maximum(end[:-1] - pos[1:], 0)
    deep = (end[:-1] == runs.pos[1:]) | (pos[1:] == runs.end[:-1])
    pos[1:] = np.maximum(pos[1:], end[:-1])
    overlap[deep] = 0
    end[:-1] -= overlap
    size = np.where(false, 0, end - pos)
    start = runs.start - (runs.pos - pos)
    found = Fragments(pos, size, runs.key, start, length, np.insert(overlap, 0, 0), np.append(overlap, 0))
    dispute(found, deep & (size[:-1] > 0))
    return found


def _shared(key: Ints, length: Ints) -> Ints:
    """Lengths, where one run of a record knows what another does not."""
    if length.all():
        return length
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    best = np.maximum.reduceat(length[order], first)
    result = np.empty_like(length)
    result[order] = np.repeat(best, np.diff(np.append(first, key.size)))
    return np.where(length > 0, length, result)

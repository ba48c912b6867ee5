"""Runs with what adjoins them, byte by byte: fragments."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Bytes, Ints, identity_of, read_place, word_view
from harness.analysis.spans import Fragments, Runs
from harness.trace.record import CELL_BYTES, MIN_RECORD_BYTES

MOST_LENGTHS = 16
LengthOf = Callable[[Ints], Ints]
"""From keys to lengths of records, 0 where nobody knows."""


def believable(data: Bytes, runs: Runs, length_of: LengthOf) -> tuple[Runs, Ints]:
    """Runs with the lengths that they tell, and without a last cell that is one by chance; and the lengths that are
    known of their records.

    Such a cell stands where the record has its newline: all but that byte is the record's own, and the byte in its
    place agrees with the check.
    """
    known = length_of(runs.key)
    length = np.where(runs.length > 0, runs.length, _from_head(data, runs))
    shared = _shared(runs.key, np.where(known > 0, known, length))
    over = runs.start + (runs.end - runs.pos) - shared
    chance = (shared > 0) & (over >= 0) & (over < CELL_BYTES)
    end = runs.end - np.where(chance, CELL_BYTES, 0)
    kept = end > runs.pos
    runs = replace(runs, end=end, length=length)
    if kept.all():
        return runs, shared
    return runs.take(kept), _shared(runs.key[kept], np.where(known > 0, known, length)[kept])


def _from_head(data: Bytes, runs: Runs) -> Ints:
    """The lengths that stand before runs in what is left of the record's head cell, else 0."""
    length = np.zeros(len(runs), np.int64)
    at = np.flatnonzero((runs.start == CELL_BYTES) & (runs.length == 0))
    if at.size:
        _, mask = identity_of(runs.key[at])
        place = word_view(data)[runs.pos[at] - CELL_BYTES // 2]
        number, right = read_place(place, np.ones(at.size, np.bool_), mask)
        length[at] = np.where(right & (number >= MIN_RECORD_BYTES - 1), number + 1, 0)
    return length


def extend(data: Bytes, runs: Runs, length: Ints, floor: Ints, ceiling: Ints, usual: Ints) -> Fragments:
    """Runs with what adjoins them: fragments, to the byte.

    ``length`` is what is known of their records'; runs that contradict it come out with size 0. ``floor`` and
    ``ceiling``: how far each may reach, which is to whole records and to other runs. ``usual`` are the lengths of whole
    records near by, with one of which the rest of a head cell may agree where nothing else tells the record's.
    """
    false = (length > 0) & (runs.start + (runs.end - runs.pos) >= length)
    false |= (runs.length > 0) & (runs.length != length)
    right, length = inner.to_the_right(data, runs, ceiling, length)
    length = _shared(runs.key, length)
    left = inner.to_the_left(data, runs, floor, length)
    unknown = np.flatnonzero((runs.start == CELL_BYTES) & (length == 0))
    for one in np.unique(usual)[:MOST_LENGTHS].tolist() if unknown.size else ():
        agreeing = inner.to_the_left(data, runs.take(unknown), floor[unknown], np.full(unknown.size, one))
        left[unknown] = np.maximum(left[unknown], agreeing)
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
    inner.dispute(found, deep & (size[:-1] > 0))
    return found


def _shared(key: Ints, length: Ints) -> Ints:
    """Lengths, where one run of a record knows what another does not."""
    return length if length.all() else inner.longest(key, length)

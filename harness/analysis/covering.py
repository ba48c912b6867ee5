"""How far records are covered by their fragments."""

import numpy as np

from harness.analysis.cells import Flags, Ints
from harness.trace.record import CELL_BYTES

OFFSET_BITS = 21
"""Bits for an offset in a record, one past the last included."""


def covered(key: Ints, start: Ints, size: Ints, length: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints, Flags]:
    """Of fragments sorted by record and offset: each one's record, by number; and how far that is covered before it.
    Of records: the row of the first fragment, how far it is covered from its beginning or beyond gaps, its length, a
    head telling it before others, and whether all of it is there. In the order of ``coverage.Groups``."""
    starts = np.diff(key, prepend=-1) != 0
    first = np.flatnonzero(starts)
    of = np.cumsum(starts) - 1
    reach = np.maximum.accumulate(of << OFFSET_BITS | (start + size))
    reach -= of << OFFSET_BITS
    reached = np.insert(reach[:-1], 0, 0)[: key.size]
    reached[first] = 0
    end = reach[np.append(first[1:], key.size)[: first.size] - 1]
    headed = np.where((start == 0) & (size >= CELL_BYTES), length, 0)
    by_head = np.maximum.reduceat(headed, first)
    told = np.where(by_head > 0, by_head, np.maximum.reduceat(length, first))
    holes = np.add.reduceat((start > reached).astype(np.int64), first)
    return of, first, reached, end, told, (holes == 0) & (end == told) & (told > 0)

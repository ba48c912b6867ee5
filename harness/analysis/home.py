"""Pieces that stand where their record has them: what damage inside a record left of it between two fragments.

Too short to hold a cell, they do not say whose they are; but the record's fragments on both sides do, which stand as
far apart as the record has them.
"""

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Bytes, Ints
from harness.analysis.spans import Fragments, Wholes
from harness.trace.record import CELL_BYTES

FEWEST_BYTES = 4
"""Fewer bytes in a row may agree by chance: they stay with what stands beside them."""
MOST_BYTES = 256
"""A gap wider than this is not looked through."""
ROWS_AT_ONCE = 4096


def with_pieces_at_home(data: Bytes, f: Fragments, wholes: Wholes) -> Fragments:
    """The fragments, which are sorted by position, and those found between them."""
    end = f.pos[:-1] + f.size[:-1]
    gap = f.pos[1:] - end
    pair = (gap >= FEWEST_BYTES) & (gap <= MOST_BYTES) & (f.key[1:] == f.key[:-1])
    pair &= f.pos[1:] - f.start[1:] == f.pos[:-1] - f.start[:-1]
    if not pair.any():
        return f
    row = np.flatnonzero(pair)
    row = row[np.searchsorted(wholes.pos, end[row]) == np.searchsorted(wholes.pos, f.pos[row + 1])]
    turns = range(0, row.size, ROWS_AT_ONCE)
    found = [_agreeing(data, f, row[first : first + ROWS_AT_ONCE]) for first in turns]
    f = Fragments.join([f, *found])
    return f.take(np.argsort(f.pos, kind="stable"))


def _agreeing(data: Bytes, f: Fragments, row: Ints) -> Fragments:
    """What agrees with the record between each of these fragments and the next."""
    pos, start = f.pos[row] + f.size[row], f.start[row] + f.size[row]
    gap = f.pos[row + 1] - pos
    length = np.maximum(f.length[row], f.length[row + 1])
    cells = -(-int(gap.max()) // CELL_BYTES)
    at = np.arange(cells * CELL_BYTES)
    equal = inner.content(f.key[row], length, start, cells) == data[np.minimum(pos[:, None] + at, data.size - 1)]
    equal &= at < gap[:, None]
    edges = np.diff(equal.astype(np.int8), prepend=0, append=0, axis=1)
    of, first = np.nonzero(edges == 1)
    size = np.nonzero(edges == -1)[1] - first
    long = size >= FEWEST_BYTES
    of, first, size = of[long], first[long], size[long]
    none = np.zeros(of.size, np.int64)
    return Fragments(pos[of] + first, size, f.key[row[of]], start[of] + first, length[of], none, none.copy())

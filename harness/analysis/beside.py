"""Where the pieces of two records adjoin: which bytes there are right for both."""

import numpy as np

from harness.analysis.cells import Flags, Ints, content
from harness.analysis.spans import Fragments
from harness.trace.record import CELL_BYTES


def dispute(f: Fragments, eligible: Flags) -> None:
    """Take from neighbours in the file, in place, what is right for both: it becomes soft on both sides.

    ``f`` is sorted by position; ``eligible`` tells of each fragment but the last whether it and the next are looked at.
    """
    end, offset = f.pos + f.size, f.start + f.size
    torn = eligible & (end[:-1] == f.pos[1:]) & (f.start[1:] > 0) & (f.size[1:] > 0)
    torn &= (f.length[:-1] == 0) | (offset[:-1] < f.length[:-1])
    torn &= (f.key[1:] != f.key[:-1]) | (f.start[1:] != offset[:-1])
    left = np.flatnonzero(torn)
    if not left.size:
        return
    one, other = f.take(left), f.take(left + 1)
    offset = offset[left]
    theirs = content(other.key, other.length, other.start, 1)
    taken = _first_false(content(one.key, one.length, offset, 1) == theirs)
    taken = np.minimum(taken, other.size // 2)
    back = np.minimum(np.minimum(other.start, offset), CELL_BYTES)
    mine = content(one.key, one.length, offset - back, 1)
    equal = content(other.key, other.length, other.start - back, 1) == mine
    equal |= np.arange(CELL_BYTES) >= back[:, None]
    given = _first_false(equal[:, ::-1]) - (CELL_BYTES - back)
    given = np.minimum(given, one.size // 2)
    f.size[left] -= given
    f.pos[left + 1] += taken
    f.start[left + 1] += taken
    f.size[left + 1] -= taken
    f.soft_right[left] = f.soft_left[left + 1] = given + taken


def _first_false(rows: Flags) -> Ints:
    count: Ints = np.where(rows.all(axis=1), rows.shape[1], np.argmin(rows, axis=1))
    return count

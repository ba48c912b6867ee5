"""Fragments by record: how far each record is covered, and what it misses."""

from dataclasses import dataclass

import numpy as np

from harness.analysis import inner as loops
from harness.analysis.cells import Flags, Ints
from harness.analysis.covering import OFFSET_BITS
from harness.analysis.spans import Columns, Fragments

NO_GAPS = np.zeros((0, 2), np.int64)
TELLING_BYTES = 10
"""So many bytes in a row do not agree with a record by chance."""


def in_order(fragments: Fragments) -> Fragments:
    """Sorted by record, then by offset in it; a copy."""
    place = fragments.key << OFFSET_BITS | fragments.start
    if (place[1:] >= place[:-1]).all():
        return Fragments(*(getattr(fragments, name).copy() for name in fragments.names()))
    return fragments.take(loops.order(place))


def merged(fragments: Fragments) -> Fragments:
    """Contiguous fragments (cut by the edge of a block) as one; by position in the file."""
    f = fragments
    if (f.pos[1:] < f.pos[:-1]).any():
        f = f.take(loops.order(f.pos))
    on = np.zeros(len(f), np.bool_)
    on[1:] = (f.pos[1:] == f.pos[:-1] + f.size[:-1]) & (f.key[1:] == f.key[:-1])
    on[1:] &= f.start[1:] == f.start[:-1] + f.size[:-1]
    if not on.any():
        return f
    first = np.flatnonzero(~on)
    last = np.append(first[1:], len(f)) - 1
    return Fragments(
        f.pos[first],
        np.add.reduceat(f.size, first),
        f.key[first],
        f.start[first],
        np.maximum.reduceat(f.length, first),
        f.soft_left[first],
        f.soft_right[last],
    )


@dataclass(frozen=True, slots=True)
class Groups:
    """Fragments by record: ``of`` is each fragment's record; ``reached`` how far the record was covered before it."""

    of: Ints
    first: Ints
    reached: Ints
    end: Ints
    length: Ints
    complete: Flags


def grouped(f: Fragments) -> Groups:
    """The records of fragments in order, and how far they are covered."""
    return Groups(*loops.covered(f.key, f.start, f.size, f.length))


@dataclass(frozen=True, slots=True)
class Missing(Columns):
    """Bytes ``[start, end)`` that records miss; ``near`` is the place in the file that adjoins them. All int64, but for
    ``taken``: whether just as many other bytes stand in their place, so that they were overwritten there; and
    ``foreign``: whether some of those are of no record."""

    key: Ints
    start: Ints
    end: Ints
    length: Ints
    near: Ints
    taken: Flags
    foreign: Flags


def missing_places(f: Fragments, groups: Groups, gaps: Ints = NO_GAPS) -> Missing:
    """What incomplete records miss: the places that a short stretch could fill.

    ``gaps``, of shape (n, 2): where each gap between records and fragments that something foreign stands in begins and
    ends, in order.
    """
    open_ = ~groups.complete & (groups.length > 0)
    inner = np.flatnonzero((f.start > groups.reached) & open_[groups.of])
    tails = np.flatnonzero(open_ & (groups.end < groups.length))
    last = np.append(groups.first[1:], len(f))[tails] - 1
    before = np.maximum(inner - 1, 0)
    headed = groups.reached[inner] > 0
    end, origin = f.pos + f.size, f.pos - f.start
    near = np.where(headed, end[before], f.pos[inner])
    taken = origin[inner] == near - groups.reached[inner]
    behind, in_front = loops.rows(gaps[:, 0], end), loops.rows(gaps[:, 1], f.pos)
    heads = inner[~headed]
    reach = origin + groups.length[groups.of]
    taken[~headed] = _fill(gaps, in_front[heads], origin[heads], behind, reach)
    taken_tails = _fill(gaps[:, ::-1], behind[last], reach[last], in_front, origin)
    foreign = taken.copy()
    foreign[headed] &= ((behind[before] >= 0) | (in_front[inner] >= 0))[headed]
    return Missing(
        np.concatenate([f.key[inner], f.key[last]]),
        np.concatenate([groups.reached[inner], groups.end[tails]]),
        np.concatenate([f.start[inner], groups.length[tails]]),
        np.concatenate([groups.length[groups.of[inner]], groups.length[tails]]),
        np.concatenate([near, end[last]]),
        np.concatenate([taken, taken_tails]),
        np.concatenate([foreign, taken_tails]),
    )


def _fill(gaps: Ints, gap: Ints, to: Ints, beside: Ints, reach: Ints) -> Flags:
    """Which missing ends of records, that reach from the second column of their row ``gap`` of ``gaps`` on ``to`` a
    place, fill it, or what the record on its other side leaves of it: that is the one of which a fragment has the gap
    ``beside`` it, and which would ``reach`` to a place in it. For tails, the columns are given the other way round.
    """
    if not len(gaps):
        return np.zeros(gap.size, np.bool_)
    other = np.full(len(gaps) + 1, np.iinfo(np.int64).min)
    other[beside] = reach
    filled: Flags = (gap >= 0) & ((to == gaps[gap, 0]) | (to == other[gap]))
    return filled


def elsewhere(missing: Missing) -> Missing:
    """What may stand elsewhere. A few bytes that were overwritten in place do not: others are equal by chance."""
    return missing.take(~missing.taken | (missing.end - missing.start >= TELLING_BYTES))

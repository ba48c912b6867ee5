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
    end = f.pos + f.size
    near = np.where(headed, end[before], f.pos[inner])
    taken = f.pos[inner] - f.start[inner] == near - groups.reached[inner]
    heads = np.flatnonzero(~headed)
    rest = groups.length[tails] - (f.start + f.size)[last]
    sides = _Sides.of(gaps, f.pos - f.start, f.pos, end, groups.length[groups.of])
    taken[heads] = sides.fill_head(near[heads], f.start[inner[heads]])
    foreign = taken.copy()
    foreign[headed] &= sides.begin(near[headed])
    taken_tails = sides.fill_tail(end[last], rest)
    return Missing(
        np.concatenate([f.key[inner], f.key[last]]),
        np.concatenate([groups.reached[inner], groups.end[tails]]),
        np.concatenate([f.start[inner], groups.length[tails]]),
        np.concatenate([groups.length[groups.of[inner]], groups.length[tails]]),
        np.concatenate([near, end[last]]),
        np.concatenate([taken, taken_tails]),
        np.concatenate([foreign, taken_tails]),
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    """Gaps with something foreign in them; and where, by the fragment before each, its record would end, and by the one
    behind it, its record would begin."""

    gaps: Ints
    ends: Ints
    begins: Ints

    @classmethod
    def of(cls, gaps: Ints, origin: Ints, pos: Ints, end: Ints, length: Ints) -> "_Sides":
        """The sides of gaps beside fragments whose records begin at ``origin``."""
        before, behind = loops.rows(end, gaps[:, 0]), loops.rows(pos, gaps[:, 1])
        ends = np.where(before >= 0, (origin + length)[before], -1)
        return cls(gaps, ends, np.where(behind >= 0, origin[behind], -1))

    def begin(self, places: Ints) -> Flags:
        """Whether a gap begins at each of the places."""
        if not len(self.gaps):
            return np.zeros(places.size, np.bool_)
        return row_of(self.gaps[:, 0], places) >= 0

    def fill_head(self, behind: Ints, size: Ints) -> Flags:
        """Which heads of so many bytes that are missing ``behind`` fill the gap before it, or what the tail of another
        record leaves of it."""
        if not len(self.gaps):
            return np.zeros(size.size, np.bool_)
        row, begin = row_of(self.gaps[:, 1], behind), behind - size
        filled: Flags = (row >= 0) & ((begin == self.gaps[row, 0]) | (begin == self.ends[row]))
        return filled

    def fill_tail(self, before: Ints, size: Ints) -> Flags:
        """The same for tails."""
        if not len(self.gaps):
            return np.zeros(size.size, np.bool_)
        row, end = row_of(self.gaps[:, 0], before), before + size
        filled: Flags = (row >= 0) & ((end == self.gaps[row, 1]) | (end == self.begins[row]))
        return filled


def elsewhere(missing: Missing) -> Missing:
    """What may stand elsewhere. A few bytes that were overwritten in place do not: others are equal by chance."""
    return missing.take(~missing.taken | (missing.end - missing.start >= TELLING_BYTES))


def row_of(places: Ints, wanted: Ints) -> Ints:
    """The rows of ``places``, in order, that are those wanted; -1 where there is none."""
    row = np.minimum(np.searchsorted(places, wanted), places.size - 1)
    return np.where(places[row] == wanted, row, -1)

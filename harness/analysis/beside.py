"""Where the pieces of two records adjoin: which bytes there are right for both, and who gets them."""

import numpy as np

from harness.analysis.cells import Flags, Ints, content
from harness.analysis.covering import covered
from harness.analysis.spans import Fragments
from harness.trace.record import CELL_BYTES

ROUNDS = 16
"""Longest chain of disputes that is followed."""


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


def decide(f: Fragments, by_place: Ints) -> None:
    """Settle disputes in place, by what each record needs; those of which no side knows its need stay open.

    ``given[d]`` of the ``size[d]`` bytes in dispute ``d`` go to the left side. Between a fragment with dispute ``d``
    on its right and the record's next fragment with dispute ``e`` on its left, ``gap`` bytes are missing, so that
    ``given[d] - given[e] >= gap - size[e]``: difference constraints, relaxed from both ends. Where ``d`` is
    ``e``, none of its bytes is missing, whoever gets them. ``f`` is by record, ``by_place`` its order by position.
    """
    partner = partners(f, by_place)
    left = np.flatnonzero(partner >= 0)
    if not left.size:
        return
    size = np.append(f.soft_right[left], 0)
    none = left.size
    on_right = np.full(len(f), none)
    on_right[left] = np.arange(none)
    on_left = np.full(len(f), none)
    on_left[partner[left]] = np.arange(none)
    _, _, reached, _, _, _ = covered(f.key, f.start, f.size, f.length)
    row = np.flatnonzero(f.start + f.size > reached)
    row, following = row[:-1], row[1:]
    same = f.key[row] == f.key[following]
    row, following = row[same], following[same]
    d, e = on_right[row], on_left[following]
    gap = f.start[following] - f.start[row] - f.size[row]
    joint = d[(d == e) & (gap <= size[d])]
    fits = (gap <= size[d] + size[e]) & ((d < none) | (e < none)) & (d != e)
    d, e, gap = d[fits], e[fits], gap[fits]
    least, most = np.zeros(none + 1, np.int64), size.copy()
    for _ in range(ROUNDS):
        before = least.sum() - most.sum()
        np.maximum.at(least, d, gap - size[e] + least[e])
        np.minimum.at(most, e, size[e] - gap + most[d])
        np.clip(least, 0, size, out=least)
        np.clip(most, 0, size, out=most)
        if least.sum() - most.sum() == before:
            break
    known_left, known_right = np.zeros(none + 1, np.bool_), np.zeros(none + 1, np.bool_)
    known_left[d] = True
    known_left[joint] = True
    known_right[e] = True
    given = np.where(known_left, least, most)
    for _ in range(ROUNDS):
        lacking = gap - size[e] - given[d] + given[e]
        wrong = (lacking > 0) & (given[d] + lacking <= most[d])
        if not wrong.any():
            break
        np.maximum.at(given, d[wrong], (given[d] + lacking)[wrong])
    settled = np.flatnonzero((known_left | known_right)[:none])
    grant(f, left[settled], partner[left[settled]], given[settled])


def partners(f: Fragments, by_place: Ints) -> Ints:
    """For each fragment the one that disputes bytes on its right, else -1. A dispute without one is granted.
    ``by_place``: the order of fragments by position."""
    following = np.full(len(f), -1)
    following[by_place[:-1]] = by_place[1:]
    there = (following >= 0) & (f.soft_right > 0)
    there &= f.soft_left[following] == f.soft_right
    there &= f.pos[following] == f.pos + f.size + f.soft_right
    alone = (f.soft_right > 0) & ~there
    f.size[alone] += f.soft_right[alone]
    f.soft_right[alone] = 0
    wanted = np.zeros(len(f), np.bool_)
    wanted[following[there]] = True
    lonely = np.flatnonzero((f.soft_left > 0) & ~wanted)
    _take_left(f, lonely, f.soft_left[lonely])
    return np.where(there, following, -1)


def grant(f: Fragments, left: Ints, right: Ints, bytes_: Ints) -> None:
    """Of the bytes that ``left`` and ``right`` dispute, the first so many to ``left`` and the rest to ``right``."""
    rest = f.soft_right[left] - bytes_
    f.size[left] += bytes_
    f.soft_right[left] = 0
    _take_left(f, right, rest)


def _take_left(f: Fragments, rows: Ints, bytes_: Ints) -> None:
    f.pos[rows] -= bytes_
    f.start[rows] -= bytes_
    f.size[rows] += bytes_
    f.soft_left[rows] = 0

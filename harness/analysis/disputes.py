"""Disputes: bytes beside a tear that are right for both records, and who gets them.

Where a record was cut and another one joined on, the bytes at the joint may by chance be right for both.
They go to the one that needs them: whose next fragment starts just behind them, or whose last one
ended just before. A need on one side may rest on another dispute, whose other side has needs too.
"""

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Flags, Ints
from harness.analysis.coverage import grouped
from harness.analysis.spans import Fragments

MOST_HOPS = 64
"""So long a chain of disputes is followed to find what is concerned by it."""
ROUNDS = 16
"""Longest chain of disputes that is followed."""


def decide(f: Fragments) -> None:
    """Settle disputes in place, by what each record needs; those of which no side knows its need stay open.

    ``given[d]`` of the ``size[d]`` bytes in dispute ``d`` go to the left side. Between a fragment with dispute ``d``
    on its right and the record's next fragment with dispute ``e`` on its left, ``gap`` bytes are missing, so that
    ``given[d] - given[e] >= gap - size[e]``: difference constraints, relaxed from both ends. Where ``d`` is
    ``e``, none of its bytes is missing, whoever gets them.
    """
    disputed = (f.soft_right > 0) | (f.soft_left > 0)
    if not disputed.any():
        return
    rows = np.flatnonzero(inner.among(f.key, f.key[disputed]))
    part = f.take(rows)
    _decide(part)
    for column in ("pos", "size", "start", "soft_left", "soft_right"):
        getattr(f, column)[rows] = getattr(part, column)


def _decide(f: Fragments) -> None:
    """The same for fragments of which those of other records do not matter."""
    partner = partners(f)
    left = np.flatnonzero(partner >= 0)
    if not left.size:
        return
    size = np.append(f.soft_right[left], 0)
    none = left.size
    on_right = np.full(len(f), none)
    on_right[left] = np.arange(none)
    on_left = np.full(len(f), none)
    on_left[partner[left]] = np.arange(none)
    groups = grouped(f)
    row = np.flatnonzero(f.start + f.size > groups.reached)
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


def partners(f: Fragments) -> Ints:
    """For each fragment the one that disputes bytes on its right, else -1. A dispute without one is granted."""
    order = inner.order(f.pos)
    following = np.full(len(f), -1)
    following[order[:-1]] = order[1:]
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


def surrender(f: Fragments, complete: Flags) -> bool:
    """What complete records still dispute goes to their neighbours, who may need it. Returns whether there was any."""
    if not ((f.soft_right.any() or f.soft_left.any()) and complete.any()):
        return False
    partner = partners(f)
    left = np.flatnonzero((partner >= 0) & (complete | complete[partner]))
    all_ = np.where(complete[left], 0, f.soft_right[left])
    grant(f, left, partner[left], all_)
    return left.size > 0


def together(f: Fragments, chosen: Flags) -> Flags:
    """The chosen fragments, and all of their records, and of those with which these dispute bytes, and so on."""
    chosen = inner.among(f.key, f.key[chosen])
    if not (f.soft_right.any() or f.soft_left.any()):
        return chosen
    partner = partners(f)
    left = np.flatnonzero(partner >= 0)
    right = partner[left]
    for _ in range(MOST_HOPS):
        across = chosen[left] != chosen[right]
        if not across.any():
            return chosen
        chosen |= inner.among(f.key, f.key[np.concatenate([left[across], right[across]])])
    return np.ones(len(f), np.bool_)


def parted(f: Fragments, late: Flags) -> tuple[Fragments, Fragments]:
    """Early and late fragments; a dispute between the two parts is settled for the left one."""
    if f.soft_right.any() or f.soft_left.any():
        partner = partners(f)
        across = np.flatnonzero((partner >= 0) & (late != late[partner]))
        grant(f, across, partner[across], f.soft_right[across])
    return f.take(~late), f.take(late)


def without_others(f: Fragments, real: Flags) -> tuple[Fragments, int]:
    """The real ones, and how many bytes only others dispute. What these dispute with real ones becomes theirs."""
    kept, others = f.take(real), f.take(~real)
    sharing = kept.pos[kept.soft_left > 0]
    behind = others.pos + others.size + others.soft_right
    alone = (others.soft_right > 0) & ~inner.among(behind, sharing)
    return kept, int(others.soft_right[alone].sum())

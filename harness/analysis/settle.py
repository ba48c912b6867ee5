"""Which records do fragments complete? Disputes between neighbours, and short stretches, are settled by that.

Works on any set of fragments: a worker settles what its block holds, and what stays open is settled
again among the open fragments of all blocks.

A dispute: where a record was cut and another one joined on, some bytes may be right for both. They go to
the one that needs them, that is, whose next fragment starts just behind them (or last one ended just before).
"""

from dataclasses import dataclass

import numpy as np

from harness.analysis.cells import Flags, Ints
from harness.analysis.spans import Columns, Fragments, Tokens
from harness.analysis.tokens import Missing, match

OFFSET_BITS = 21
"""Bits for an offset in a record, one past the last included."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Complete(Columns):
    """Records all of whose bytes are there. All int64.

    ``pos`` and ``end`` of all its pieces together, ``bytes`` in them, ``key``, ``tear``: where in the file the first
    piece ends, and the number of ``pieces``.
    """

    pos: Ints
    end: Ints
    bytes: Ints
    key: Ints
    tear: Ints
    pieces: Ints

    @classmethod
    def empty(cls) -> "Complete":
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(6)))


@dataclass(frozen=True, slots=True)
class Tears(Columns):
    """Where complete records were torn, by record. int64: key, record offset of the tear, length of the record."""

    key: Ints
    offset: Ints
    length: Ints

    @classmethod
    def empty(cls) -> "Tears":
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Settled:
    """``complete`` records with their ``tears``; what stays open: ``fragments`` and ``tokens``."""

    complete: Complete
    tears: Tears
    fragments: Fragments
    tokens: Tokens


def settle(fragments: Fragments, tokens: Tokens) -> Settled:
    """Settle what can be settled among these fragments and tokens."""
    if not len(fragments):
        return Settled(Complete.empty(), Tears.empty(), fragments, tokens)
    fragments = _merged(_in_order(fragments))
    _decide(fragments)
    groups = _grouped(fragments)
    if len(tokens) and not groups.complete.all():
        missing = _missing(fragments, groups)
        found, used = match(missing, tokens)
        if len(found):
            tokens = tokens.take(~used)
            fragments = _merged(_in_order(Fragments.join([fragments, found])))
            groups = _grouped(fragments)
    _surrender(fragments, groups.complete[groups.of])
    done = groups.complete[groups.of]
    return Settled(_complete(fragments, groups), _tears(fragments, groups), fragments.take(~done), tokens)


def _in_order(fragments: Fragments) -> Fragments:
    """Sorted by record, then by offset in it; a copy."""
    order = np.argsort(fragments.key << OFFSET_BITS | fragments.start, kind="stable")
    return fragments.take(order)


def _merged(fragments: Fragments) -> Fragments:
    """Contiguous fragments (cut by the edge of a block) as one."""
    f = fragments
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


def _decide(f: Fragments) -> None:
    """Settle disputes in place, by what each record needs; those of which no side knows its need stay open.

    ``given[d]`` of the ``size[d]`` bytes in dispute ``d`` go to the left side. Between a fragment with dispute ``d``
    on its right and the record's next fragment with dispute ``e`` on its left, ``gap`` bytes are missing, so that
    ``given[d] - given[e] >= gap - size[e]``: difference constraints, relaxed from both ends.
    """
    if not (f.soft_right.any() or f.soft_left.any()):
        return
    partner = _partners(f)
    left = np.flatnonzero(partner >= 0)
    if not left.size:
        return
    size = np.append(f.soft_right[left], 0)
    none = left.size
    on_right = np.full(len(f), none)
    on_right[left] = np.arange(none)
    on_left = np.full(len(f), none)
    on_left[partner[left]] = np.arange(none)
    groups = _grouped(f)
    row = np.flatnonzero(f.start + f.size > groups.reached)
    row, following = row[:-1], row[1:]
    same = f.key[row] == f.key[following]
    row, following = row[same], following[same]
    d, e = on_right[row], on_left[following]
    gap = f.start[following] - f.start[row] - f.size[row]
    fits = (gap <= size[d] + size[e]) & ((d < none) | (e < none)) & (d != e)
    d, e, gap = d[fits], e[fits], gap[fits]
    least, most = np.zeros(none + 1, np.int64), size.copy()
    for _ in range(ROUNDS):
        np.maximum.at(least, d, gap - size[e] + least[e])
        np.minimum.at(most, e, size[e] - gap + most[d])
        least[none] = most[none] = 0
    np.clip(least, 0, size, out=least)
    np.clip(most, 0, size, out=most)
    known_left, known_right = np.zeros(none + 1, np.bool_), np.zeros(none + 1, np.bool_)
    known_left[d] = True
    known_right[e] = True
    given = np.where(known_left, least, most)
    for _ in range(ROUNDS):
        lacking = gap - size[e] - given[d] + given[e]
        wrong = (lacking > 0) & (given[d] + lacking <= most[d])
        np.maximum.at(given, d[wrong], (given[d] + lacking)[wrong])
        given[none] = 0
    settled = np.flatnonzero((known_left | known_right)[:none])
    _grant(f, left[settled], partner[left[settled]], given[settled])


def _partners(f: Fragments) -> Ints:
    """For each fragment the one that disputes bytes on its right, else -1. A dispute without one is granted."""
    order = np.argsort(f.pos, kind="stable")
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


def _grant(f: Fragments, left: Ints, right: Ints, bytes_: Ints) -> None:
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


def _surrender(f: Fragments, complete: Flags) -> None:
    """What complete records still dispute goes to their neighbours, who may need it."""
    if not ((f.soft_right.any() or f.soft_left.any()) and complete.any()):
        return
    partner = _partners(f)
    left = np.flatnonzero((partner >= 0) & (complete | complete[partner]))
    all_ = np.where(complete[left], 0, f.soft_right[left])
    _grant(f, left, partner[left], all_)


def parted(f: Fragments, late: Flags) -> tuple[Fragments, Fragments]:
    """Early and late fragments; a dispute between the two parts is settled for the left one."""
    if f.soft_right.any() or f.soft_left.any():
        partner = _partners(f)
        across = np.flatnonzero((partner >= 0) & (late != late[partner]))
        _grant(f, across, partner[across], f.soft_right[across])
    return f.take(~late), f.take(late)


@dataclass(frozen=True, slots=True)
class _Groups:
    """Fragments by record: ``of`` is each fragment's record; ``reached`` how far the record was covered before it."""

    of: Ints
    first: Ints
    reached: Ints
    end: Ints
    length: Ints
    complete: Flags


def _grouped(f: Fragments) -> _Groups:
    """The records of fragments in order, and how far they are covered."""
    starts = np.diff(f.key, prepend=-1) != 0
    first = np.flatnonzero(starts)
    of = np.cumsum(starts) - 1
    covered = np.maximum.accumulate(of << OFFSET_BITS | (f.start + f.size))
    covered -= of << OFFSET_BITS
    reached = np.insert(covered[:-1], 0, 0)
    reached[first] = 0
    last = np.append(first[1:], len(f)) - 1
    end = covered[last]
    length = np.maximum.reduceat(f.length, first)
    headed = np.where((f.start == 0) & (f.size >= 16), f.length, 0)
    by_head = np.maximum.reduceat(headed, first)
    length = np.where(by_head > 0, by_head, length)
    holes = np.add.reduceat((f.start > reached).astype(np.int64), first)
    return _Groups(of, first, reached, end, length, (holes == 0) & (end == length) & (length > 0))


def _missing(f: Fragments, groups: _Groups) -> Missing:
    """What incomplete records miss: the places that a short stretch could fill."""
    open_ = ~groups.complete & (groups.length > 0)
    inner = np.flatnonzero((f.start > groups.reached) & open_[groups.of])
    tails = np.flatnonzero(open_ & (groups.end < groups.length))
    last = np.append(groups.first[1:], len(f))[tails] - 1
    near = f.pos[inner]
    before = np.maximum(inner - 1, 0)
    near = np.where(groups.reached[inner] > 0, f.pos[before] + f.size[before], near)
    return Missing(
        np.concatenate([f.key[inner], f.key[last]]),
        np.concatenate([groups.reached[inner], groups.end[tails]]),
        np.concatenate([f.start[inner], groups.length[tails]]),
        np.concatenate([groups.length[groups.of[inner]], groups.length[tails]]),
        np.concatenate([near, f.pos[last] + f.size[last]]),
    )


def _complete(f: Fragments, groups: _Groups) -> Complete:
    """The complete records."""
    rows = groups.complete
    if not rows.any():
        return Complete.empty()
    first, end = groups.first, f.pos + f.size
    pos = np.minimum.reduceat(f.pos, first)
    tears = np.where(f.pos == pos[groups.of], end, np.iinfo(np.int64).max)
    return Complete(
        pos[rows],
        np.maximum.reduceat(end, first)[rows],
        np.add.reduceat(f.size, first)[rows],
        f.key[first][rows],
        np.minimum.reduceat(tears, first)[rows],
        np.diff(np.append(first, len(f)))[rows],
    )


def _tears(f: Fragments, groups: _Groups) -> Tears:
    """The tears within the complete records: where a fragment starts that is not the record's first byte."""
    inner = groups.complete[groups.of] & (f.start > 0)
    return Tears(f.key[inner], f.start[inner], groups.length[groups.of[inner]])

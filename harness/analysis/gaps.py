"""What no cell accounts for: holes, tokens (short enough to be the end of something) and foreign bytes."""

from dataclasses import dataclass

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import BODY_MARK, HEAD_MARK, NEWLINE, SEQ_MASK, Bytes, Flags, Ints
from harness.analysis.kinds import NUL, POSSIBLE
from harness.analysis.runs import decode
from harness.analysis.spans import Fragments, Stretches, Tokens, Wholes
from harness.trace.record import ATTRIBUTABLE_BYTES, CELL_BYTES

TOKENS_WITHIN_BYTES = 256
"""Only a gap up to this size is looked through for tokens, and so much of what ends at a hole; a bigger one is foreign,
its NULs holes."""
SHOWN = 64
"""Stretches of each kind that are handed on with their places."""


@dataclass(frozen=True, slots=True)
class Unowned:
    """Bytes of no record: how many, and the first stretches of them."""

    holes: Stretches
    foreign: Stretches
    hole_bytes: int
    foreign_bytes: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """What neither whole records nor fragments own: ``tokens``, and what is ``unowned``.

    ``strange``, int64 of shape (n, 2): where each gap begins and ends, of those looked through, that has bytes which no
    record contains.
    """

    tokens: Tokens
    strange: Ints
    unowned: Unowned


def gaps(data: Bytes, lo: int, hi: int, wholes: Wholes, fragments: Fragments) -> Gaps:
    """The gaps of ``data[lo:hi]``; bytes that fragments dispute with one another are not among them."""
    pos = np.concatenate([wholes.pos, fragments.pos])
    end = np.concatenate([wholes.pos + wholes.size, fragments.pos + fragments.size + fragments.soft_right])
    order = inner.order(pos)
    start = np.insert(end[order], 0, lo)
    size = np.append(pos[order], hi) - start
    gap = size > 0
    start, size = _cut_at_holes(data, start[gap], size[gap])
    big = size > TOKENS_WITHIN_BYTES
    at, part, kind = _ends_apart(data, *inner.cut_up(data, start[~big], size[~big]))
    nul = kind == NUL
    token = (kind == POSSIBLE) & (part < ATTRIBUTABLE_BYTES)
    strange = np.zeros(start.size, np.bool_)
    strange[np.searchsorted(start, at[kind != POSSIBLE], side="right") - 1] = True
    strange_gaps = np.stack([start, start + size], axis=1)[strange & ~big]
    tokens = _tokens(data, at[token], part[token], start, start + size)
    at, part, nul = at[~token], part[~token], nul[~token]
    hole_bytes = int(part[nul].sum())
    foreign_bytes = int(part[~nul].sum())
    shown = [(at, part, nul)]
    for first, length in zip(start[big].tolist(), size[big].tolist(), strict=True):
        empty = data[first : first + length] == 0
        nuls = int(np.count_nonzero(empty))
        hole_bytes += nuls
        foreign_bytes += length - nuls
        if len(shown) < SHOWN:
            shown.append(_around_nuls(empty, first))
    at, part, nul = (np.concatenate(columns) for columns in zip(*shown, strict=True))
    holes, foreign = _first(at[nul], part[nul]), _first(at[~nul], part[~nul])
    return Gaps(tokens, strange_gaps, Unowned(holes, foreign, hole_bytes, foreign_bytes))


def _cut_at_holes(data: Bytes, start: Ints, size: Ints) -> tuple[Ints, Ints]:
    """Gaps, the big ones cut in front of their first NUL and behind their last: what a hole left of the records beside
    it is a gap of its own."""
    big = np.flatnonzero(size > TOKENS_WITHIN_BYTES)
    if not big.size:
        return start, size
    end, width = start + size, np.arange(TOKENS_WITHIN_BYTES)
    front = np.argmax(data[start[big][:, None] + width] == 0, axis=1)
    back = np.argmax(data[end[big][:, None] - 1 - width] == 0, axis=1)
    cut = np.sort(np.concatenate([start, (start[big] + front)[front > 0], (end[big] - back)[back > 0]]))
    last = end[np.searchsorted(start, cut, side="right") - 1]
    return cut, np.minimum(np.append(cut[1:], data.size), last) - cut


def _first(pos: Ints, size: Ints) -> Stretches:
    """The first of these stretches, in order."""
    order = inner.order(pos)[:SHOWN]
    return Stretches(pos[order], size[order])


def _ends_apart(data: Bytes, at: Ints, part: Ints, kind: Bytes) -> tuple[Ints, Ints, Bytes]:
    """Pieces too long for a token, cut so that a record's head at their front, or its tail at their end, can be one."""
    longest = ATTRIBUTABLE_BYTES - 1
    long = np.flatnonzero((part > longest) & (kind == POSSIBLE))
    head, tail = data[at[long]] == HEAD_MARK, data[(at + part)[long] - 1] == NEWLINE
    heads, tails = long[head], long[tail & ~head]
    if not (heads.size or tails.size):
        return at, part, kind
    cut = np.sort(np.concatenate([at, at[heads] + longest, (at + part)[tails] - longest]))
    owner = np.searchsorted(at, cut, side="right") - 1
    end = np.append(cut[1:], 0)
    last = np.append(owner[1:] != owner[:-1], True)
    end[last] = (at + part)[owner[last]]
    return cut, end - cut, kind[owner]


def _around_nuls(empty: Flags, start: int) -> tuple[Ints, Ints, Flags]:
    """The same for one big gap, cut around NULs only; ``empty`` tells where they are. The first pieces of many."""
    edge = np.flatnonzero(empty[1:] != empty[:-1])[: 2 * SHOWN] + 1
    piece = np.insert(edge, 0, 0)
    end = np.append(edge, empty.size)
    if edge.size == 2 * SHOWN:
        piece, end = piece[:-1], end[:-1]
    return piece + start, end - piece, empty[piece]


def _tokens(data: Bytes, pos: Ints, size: Ints, begin: Ints, end: Ints) -> Tokens:
    """Tokens with their text; ``begin`` and ``end`` of all gaps."""
    windows = np.ndarray((data.size - ATTRIBUTABLE_BYTES + 1, ATTRIBUTABLE_BYTES), np.uint8, data, 0, (1, 1))
    text = windows[pos] * (np.arange(ATTRIBUTABLE_BYTES) < size[:, None])
    gap = np.searchsorted(begin, pos, side="right") - 1
    return Tokens(pos, size, text, _hints(data, pos, size), np.stack([begin[gap], end[gap]], axis=1))


def _hints(data: Bytes, pos: Ints, size: Ints) -> Ints:
    """The records that what adjoins tokens speaks for, where it stands in its writer's order; else -1."""
    hint = np.full(pos.size, -1)
    end = np.minimum(pos + size, data.size - CELL_BYTES)
    tail = np.flatnonzero((data[pos + size - 1] == NEWLINE) & (data[end] == HEAD_MARK))
    row, key = _decoded(data, tail, end[tail])
    follows = key & SEQ_MASK > 0
    hint[row[follows]] = key[follows] - 1
    head = np.flatnonzero(
        (data[pos] == HEAD_MARK) & (data[np.maximum(pos, 1) - 1] == NEWLINE) & (pos >= 2 * CELL_BYTES)
    )
    at = pos[head][:, None] - np.arange(CELL_BYTES + 1, 2 * CELL_BYTES + 1)
    which, column = np.nonzero((data[at] == BODY_MARK) | (data[at] == HEAD_MARK))
    row, key = _decoded(data, head[which], at[which, column])
    goes_on = key & SEQ_MASK < SEQ_MASK
    hint[row[goes_on]] = key[goes_on] + 1
    return hint


def _decoded(data: Bytes, row: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Of cells at ``at``, those that are valid: their ``row`` and their key."""
    position, key, _, _ = decode(data, at)
    place = inner.among(at, position)
    return row[place], key

"""Pieces that stand where their record has them: what damage inside a record left of it between two fragments.

Too short to hold a cell, they do not say whose they are; but the record's fragments on both sides do, which stand as
far apart as the record has them.
"""

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Bytes, Ints
from harness.analysis.spans import Fragments, Tokens, Wholes
from harness.trace.record import ATTRIBUTABLE_BYTES, CELL_BYTES

FEWEST_BYTES = 4
"""Fewer bytes in a row may agree by chance: they stay with what stands beside them."""
MOST_BYTES = 256
"""A gap wider than this is not looked through."""
ROWS_AT_ONCE = 4096


def in_wide_gaps(data: Bytes, f: Fragments, wholes: Wholes) -> Fragments:
    """The fragments, which are sorted by position, and those found between them in gaps too wide for a token."""
    end = f.pos[:-1] + f.size[:-1]
    gap = f.pos[1:] - end
    pair = (gap >= ATTRIBUTABLE_BYTES) & (gap <= MOST_BYTES) & (f.key[1:] == f.key[:-1])
    pair &= f.pos[1:] - f.start[1:] == f.pos[:-1] - f.start[:-1]
    if not pair.any():
        return f
    row = np.flatnonzero(pair)
    row = row[np.searchsorted(wholes.pos, end[row]) == np.searchsorted(wholes.pos, f.pos[row + 1])]
    found = [f]
    for first in range(0, row.size, ROWS_AT_ONCE):
        some = row[first : first + ROWS_AT_ONCE]
        width = np.arange(int(gap[some].max()))
        text = data[np.minimum(end[some][:, None] + width, data.size - 1)]
        _, made = _agreeing(f.take(some), f.length[some + 1], text, gap[some])
        found.append(made)
    f = Fragments.join(found)
    return f.take(np.argsort(f.pos, kind="stable"))


def in_tokens(f: Fragments, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """What tokens between two fragments of a record hold of it, as fragments; and what is left of the tokens."""
    end = f.pos + f.size
    alone = np.flatnonzero((tokens.pos == tokens.gap[:, 0]) & (tokens.pos + tokens.size == tokens.gap[:, 1]))
    _, before, left = np.intersect1d(end, tokens.gap[alone, 0], return_indices=True)
    _, behind, right = np.intersect1d(f.pos, tokens.gap[alone, 1], return_indices=True)
    _, one, other = np.intersect1d(left, right, return_indices=True)
    before, behind, token = before[one], behind[other], alone[left[one]]
    same = (f.key[before] == f.key[behind]) & (f.pos[behind] - f.start[behind] == f.pos[before] - f.start[before])
    before, behind, token = before[same], behind[same], token[same]
    if not token.size:
        return Fragments.empty(), tokens
    of, made = _agreeing(f.take(before), f.length[behind], tokens.text[token], tokens.size[token])
    return made, _without(tokens, token[of], made.pos, made.size)


def _agreeing(f: Fragments, length: Ints, text: Bytes, size: Ints) -> tuple[Ints, Fragments]:
    """What agrees with the record in the ``text`` behind each fragment: of which row it is, and the fragments.

    ``length``: the record's, which the fragment itself may not know.
    """
    pos, start, length = f.pos + f.size, f.start + f.size, np.maximum(f.length, length)
    columns = text.shape[1]
    equal = inner.content(f.key, length, start, -(-columns // CELL_BYTES))[:, :columns] == text
    equal &= np.arange(columns) < size[:, None]
    edges = np.diff(equal.astype(np.int8), prepend=0, append=0, axis=1)
    of, first = np.nonzero(edges == 1)
    many = np.nonzero(edges == -1)[1] - first
    long = many >= FEWEST_BYTES
    of, first, many = of[long], first[long], many[long]
    none = np.zeros(of.size, np.int64)
    return of, Fragments(pos[of] + first, many, f.key[of], start[of] + first, length[of], none, none.copy())


def _without(tokens: Tokens, row: Ints, pos: Ints, size: Ints) -> Tokens:
    """The tokens without ``size`` bytes from ``pos`` on of tokens ``row``; what is left of one may be several."""
    if not row.size:
        return tokens
    cut = np.concatenate([tokens.pos, pos + size])
    stop = np.concatenate([tokens.pos + tokens.size, (tokens.pos + tokens.size)[row]])
    owner = np.concatenate([np.arange(len(tokens)), row])
    order = np.lexsort((cut, owner))
    cut, stop, owner = cut[order], stop[order], owner[order]
    taken = np.sort(pos)
    following = np.append(taken, np.iinfo(np.int64).max)[np.searchsorted(taken, cut)]
    left = np.minimum(stop, following) - cut
    at = np.minimum((cut - tokens.pos[owner])[:, None] + np.arange(ATTRIBUTABLE_BYTES), ATTRIBUTABLE_BYTES - 1)
    text = np.take_along_axis(tokens.text[owner], at, axis=1)
    text[np.arange(ATTRIBUTABLE_BYTES) >= left[:, None]] = 0
    hint = np.where(left == tokens.size[owner], tokens.hint[owner], -1)
    return Tokens(cut, left, text, hint, tokens.gap[owner]).take(left > 0)

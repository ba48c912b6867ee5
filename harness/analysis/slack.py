"""Short stretches that are what a record misses but for a few bytes beside them, which a neighbour holds by chance.

Where a record was cut inside a cell, the first bytes that follow may be as right for it as those it lost, and have
been counted to it. So the piece on the other side lacks them: it is shorter, or longer, than what is missed.
Only pairs are taken of which both sides fit nothing else; what is ambiguous is left to ``leftovers``.
"""

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Bytes, Flags, Ints
from harness.analysis.coverage import TELLING_BYTES, Missing
from harness.analysis.covering import OFFSET_BITS
from harness.analysis.hashes import Rows, neighbourhoods
from harness.analysis.spans import Fragments, Tokens
from harness.analysis.tokens import NEAR_BYTES, made_at
from harness.trace.record import ATTRIBUTABLE_BYTES, CELL_BYTES

_WIDTH = np.arange(ATTRIBUTABLE_BYTES)
_FRONT = np.concatenate([np.arange(CELL_BYTES), np.zeros(CELL_BYTES - 1, np.int64)])
_BACK = np.concatenate([np.zeros(CELL_BYTES, np.int64), np.arange(1, CELL_BYTES)])
"""Ways to be alike: so many bytes less at the front, or at the back."""


def nearly(f: Fragments, missing: Missing, tokens: Tokens, wide: int) -> tuple[Fragments, Flags]:
    """The tokens that are what a record misses less some first or last bytes, as fragments, and which those are."""
    used = np.zeros(len(tokens), np.bool_)
    size = missing.end - missing.start
    missing = missing.take((size > 1) & (size < ATTRIBUTABLE_BYTES + CELL_BYTES))
    if not len(missing) or not len(tokens):
        return Fragments.empty(), used
    text = inner.content(missing.key, missing.length, missing.start, 3)
    row, token, front, back = _alike(text, missing, tokens, wide)
    near = np.abs(missing.near[row] - tokens.pos[token]) <= NEAR_BYTES
    row, token, front, back = row[near], token[near], front[near], back[near]
    size = (missing.end - missing.start)[row]
    held = _held_behind(f, (tokens.pos + tokens.size)[token], text[row], size, back)
    held |= back <= _disputed(f, missing.take(row))
    held &= _held_before(f, tokens.pos[token], text[row], front)
    row, token, front = np.unique(np.stack([row, token, front])[:, held], axis=1)
    alone = np.bincount(row, minlength=len(missing))[row] == 1
    alone &= np.bincount(token, minlength=len(tokens))[token] == 1
    row, token, front = row[alone], token[alone], front[alone]
    used[token] = True
    return made_at(missing, tokens, row, token, missing.start[row] + front), used


def _alike(text: Bytes, missing: Missing, tokens: Tokens, wide: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Rows of missing places and tokens whose text is alike but for ``front`` first or ``back`` last bytes. The text is
    there once among all tokens, a short one among those of its neighbourhood."""
    size = missing.end - missing.start
    theirs, mine = neighbourhoods(tokens.pos, missing.near, wide)
    none = np.zeros((len(tokens), 1), np.int64)
    own = Rows(tokens.text).hashes(none, tokens.size[:, None])[:, 0]
    own ^= np.where(tokens.size < TELLING_BYTES, theirs, 0)
    offered, first, count = np.unique(own, return_index=True, return_counts=True)
    wanted = Rows(text).hashes(np.broadcast_to(_FRONT, (size.size, _FRONT.size)), size[:, None] - _BACK)
    wanted ^= np.where(size[:, None] - _FRONT - _BACK < TELLING_BYTES, mine[:, None], 0)
    row, way = np.nonzero(inner.among(wanted.ravel(), offered[count == 1]).reshape(wanted.shape))
    token, front, back = first[np.searchsorted(offered, wanted[row, way])], _FRONT[way], _BACK[way]
    part = text[row[:, None], front[:, None] + _WIDTH]
    equal = (part == tokens.text[token]) | (tokens.size[token, None] <= _WIDTH)
    same = equal.all(axis=1) & (size[row] - front - back == tokens.size[token])
    return row[same], token[same], front[same], back[same]


def _held_before(f: Fragments, pos: Ints, text: Bytes, front: Ints) -> Flags:
    """Whether the fragments that end at ``pos`` hold the first ``front`` bytes of texts, as bytes of a cell that they
    have only in part."""
    end = f.pos + f.size
    owner = inner.rows(end, pos)
    there = owner >= 0
    stop = (f.start + f.size)[owner]
    there &= front <= np.minimum(stop % CELL_BYTES, f.size[owner] - 1)
    theirs = inner.content(f.key[owner], f.length[owner], np.maximum(stop - front, 0), 1)
    equal = ((theirs == text[:, :CELL_BYTES]) | (np.arange(CELL_BYTES) >= front[:, None])).all(axis=1)
    held: Flags = (front == 0) | (there & equal)
    return held


def _held_behind(f: Fragments, pos: Ints, text: Bytes, size: Ints, back: Ints) -> Flags:
    """The same for the fragments that start at ``pos``, and the last ``back`` bytes of texts of that ``size``."""
    owner = inner.rows(f.pos, pos)
    there = owner >= 0
    there &= back <= np.minimum(-f.start[owner] % CELL_BYTES, f.size[owner] - 1)
    theirs = inner.content(f.key[owner], f.length[owner], f.start[owner], 1)
    at = np.minimum((size - back)[:, None] + np.arange(CELL_BYTES), text.shape[1] - 1)
    ours = np.take_along_axis(text, at, axis=1)
    equal = ((theirs == ours) | (np.arange(CELL_BYTES) >= back[:, None])).all(axis=1)
    held: Flags = (back == 0) | (there & equal)
    return held


def _disputed(f: Fragments, missing: Missing) -> Ints:
    """How many bytes the fragments behind missing places dispute with what stands before them."""
    owner = inner.rows(f.key << OFFSET_BITS | f.start, missing.key << OFFSET_BITS | missing.end)
    return np.where(owner >= 0, f.soft_left[owner], 0)

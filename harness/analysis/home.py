"""Pieces that stand where their record has them: what damage inside a record left of it between two fragments.

Too short to hold a cell, they do not say whose they are; but the record's fragments on both sides do, which stand as
far apart as the record has them.
"""

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Ints
from harness.analysis.coverage import Missing
from harness.analysis.spans import Fragments, Tokens
from harness.trace.record import ATTRIBUTABLE_BYTES

_WIDTH = np.arange(ATTRIBUTABLE_BYTES)
FEWEST_BYTES = 4
"""Fewer bytes in a row may agree by chance: they stay with what stands beside them."""


def at_home(f: Fragments, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """What tokens between two fragments of a record hold of it, as fragments; and what is left of the tokens."""
    before, behind = inner.rows(f.pos + f.size, tokens.gap[:, 0]), inner.rows(f.pos, tokens.gap[:, 1])
    token = np.flatnonzero((before >= 0) & (behind >= 0))
    before, behind = before[token], behind[token]
    same = (f.key[before] == f.key[behind]) & (f.pos[behind] - f.start[behind] == f.pos[before] - f.start[before])
    before, behind, token = before[same], behind[same], token[same]
    length = np.maximum(f.length[before], f.length[behind])
    return _held(tokens, token, f.key[before], f.pos[before] - f.start[before], length)


def overwritten(missing: Missing, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """The same where foreign bytes stand in part of what a record misses, be it its first or last bytes."""
    found = [Fragments.empty()]
    if not len(tokens):
        return found[0], tokens
    for side in (0, 1):  # a place may share its gap with that of another record
        places = missing.take(missing.foreign & ((missing.start == 0) == (side == 1)))
        origin = places.near - (places.end if side else places.start)
        place = inner.rows(places.near, tokens.gap[:, side])
        token = np.flatnonzero(place >= 0)
        place = place[token]
        inside = (tokens.pos[token] >= origin[place]) & (tokens.pos[token] < origin[place] + places.end[place])
        token, place = token[inside], place[inside]
        made, tokens = _held(tokens, token, places.key[place], origin[place], places.length[place])
        found.append(made)
    return Fragments.join(found), tokens


def _held(tokens: Tokens, token: Ints, key: Ints, origin: Ints, length: Ints) -> tuple[Fragments, Tokens]:
    """What some tokens hold of records that would begin at ``origin``, and what is left of all tokens. Of a few bytes
    only what is a whole token, and a record's first or last ones."""
    if not token.size:
        return Fragments.empty(), tokens
    pos = tokens.pos[token]
    start = pos - origin
    equal = inner.content(key, length, start, 2) == tokens.text.take(token, axis=0)
    equal &= tokens.size[token, None] > _WIDTH
    some = np.flatnonzero(equal.any(axis=1))
    edges = np.zeros((some.size, ATTRIBUTABLE_BYTES + 2), np.bool_)
    edges[:, 1:-1] = equal.take(some, axis=0)
    at = np.flatnonzero(edges[:, 1:] != edges[:, :-1])  # where what is equal begins and where it ends, in turns
    of, first = np.divmod(at[::2], ATTRIBUTABLE_BYTES + 1)
    of, size = some[of], at[1::2] - at[::2]
    begin = start[of] + first
    whole = (size == tokens.size[token[of]]) & ((begin == 0) | (begin + size == length[of]))
    told = whole | (size >= FEWEST_BYTES)
    of, first, size, begin = of[told], first[told], size[told], begin[told]
    none = np.zeros(of.size, np.int64)
    made = Fragments(pos[of] + first, size, key[of], begin, length[of], none, none.copy())
    return made, _without(tokens, token[of], made.pos, made.size)


def _without(tokens: Tokens, row: Ints, pos: Ints, size: Ints) -> Tokens:
    """The tokens, in order, without ``size`` bytes from ``pos`` on of tokens ``row``; of one, several may be left."""
    if not row.size:
        return tokens
    cut_up = np.zeros(len(tokens), np.bool_)
    cut_up[row] = True
    owner = np.concatenate([np.flatnonzero(cut_up), row])
    cut = np.concatenate([tokens.pos[cut_up], pos + size])
    by_place = inner.order(cut)
    cut, owner = cut[by_place], owner[by_place]
    taken = np.append(np.sort(pos), np.iinfo(np.int64).max)
    left = np.minimum((tokens.pos + tokens.size)[owner], taken[np.searchsorted(taken, cut)]) - cut
    cut, owner, left = cut[left > 0], owner[left > 0], left[left > 0]
    at = np.minimum((cut - tokens.pos[owner])[:, None] + _WIDTH, ATTRIBUTABLE_BYTES - 1)
    text = tokens.text.reshape(-1).take(owner[:, None] * ATTRIBUTABLE_BYTES + at)
    text[left[:, None] <= _WIDTH] = 0
    hint = np.where(left == tokens.size[owner], tokens.hint[owner], -1)
    tokens = Tokens.join([tokens.take(~cut_up), Tokens(cut, left, text, hint, tokens.gap.take(owner, axis=0))])
    return tokens.take(inner.order(tokens.pos))

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
    equal = inner.content(key, length, start, 2) == tokens.text[token]
    equal &= np.arange(ATTRIBUTABLE_BYTES) < tokens.size[token, None]
    edges = np.diff(equal.astype(np.int8), prepend=0, append=0, axis=1)
    of, first = np.nonzero(edges == 1)
    size = np.nonzero(edges == -1)[1] - first
    begin = start[of] + first
    whole = (size == tokens.size[token[of]]) & ((begin == 0) | (begin + size == length[of]))
    told = whole | (size >= FEWEST_BYTES)
    of, first, size, begin = of[told], first[told], size[told], begin[told]
    none = np.zeros(of.size, np.int64)
    made = Fragments(pos[of] + first, size, key[of], begin, length[of], none, none.copy())
    return made, _without(tokens, token[of], made.pos, made.size)


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

"""Short stretches find their record by what it misses.

A token is shorter than any attributable fragment, so its own bytes do not say whose it is. A record that
misses just these bytes, near by, does. Of several equal ones (newlines, above all, when a line and its
newline were two writes) each goes to the last record before it that still misses one, as brackets match.
"""

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import BODY_MARK, HEAD_MARK, NEWLINE, Bytes, Flags, Ints
from harness.analysis.coverage import TELLING_BYTES, Missing
from harness.analysis.hashes import neighbourhoods
from harness.analysis.spans import Fragments, Tokens
from harness.trace.record import ATTRIBUTABLE_BYTES, CELL_BYTES

NEAR_BYTES = 16 * 2**20
"""A token further away than this from what it adjoins is not looked for."""
FEWEST_TRIED = 4
FEWEST_AT_END = 2
"""A shorter token, or one that is a record's first or last bytes, is told only where it is all that a record misses:
nearly so, it would be by chance."""
MANY_TO_ONE = 4
"""With so many times more tokens than missing places, the tokens are looked through first."""
_CELLS_AROUND = 5
"""So many cells, from the one before a missing place on, hold all that tokens may be tried for."""
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], np.uint64)


def match(missing: Missing, tokens: Tokens, wide: int) -> tuple[Fragments, Flags]:
    """The tokens that are what a record misses, as fragments, and which tokens those are. Of short ones only those of
    one neighbourhood, see ``hashes.neighbourhoods``, or of which what adjoins them speaks."""
    record, token = _hinted(missing, tokens)
    by_hint = _made(missing, tokens, record, token)
    used = np.zeros(len(tokens), np.bool_)
    used[token] = True
    missing = missing.take(_others(len(missing), record))
    free = np.flatnonzero(~used)
    found, matched = _equal(missing, tokens.take(free), wide)
    used[free[matched]] = True
    return Fragments.join([by_hint, found]), used


def _hinted(missing: Missing, tokens: Tokens) -> tuple[Ints, Ints]:
    """Pairs of a place and the token that fills it, or a part of it, where what adjoins the token says so."""
    hinted = np.flatnonzero(tokens.hint >= 0)
    if not hinted.size or not len(missing):
        return hinted[:0], hinted[:0]
    tail = (tokens.text[hinted, 0] != HEAD_MARK).astype(np.int64)
    asked, at = np.unique(tokens.hint[hinted] << 1 | tail, return_index=True)
    heads, tails = np.flatnonzero(missing.start == 0), np.flatnonzero(missing.end == missing.length)
    places = np.concatenate([heads, tails])
    side = np.repeat([0, 1], [heads.size, tails.size])
    _, one, other = np.intersect1d(asked, missing.key[places] << 1 | side, return_indices=True)
    token, record, side = hinted[at[one]], places[other], side[other]
    size, length = tokens.size[token], missing.length[record]
    start = np.where(side == 1, length - size, 0)
    text = inner.content(missing.key[record], length, start, 2)
    text[np.arange(ATTRIBUTABLE_BYTES) >= size[:, None]] = 0
    fits = (start >= 0) & (text == tokens.text[token]).all(axis=1)
    fits &= np.abs(missing.near[record] - tokens.pos[token]) <= NEAR_BYTES
    record, first = np.unique(record[fits], return_index=True)
    return record, token[fits][first]


def _made(missing: Missing, tokens: Tokens, record: Ints, token: Ints) -> Fragments:
    """Tokens as fragments of the records at whose ends they belong."""
    start = np.where(tokens.text[token, 0] == HEAD_MARK, 0, missing.length[record] - tokens.size[token])
    return made_at(missing, tokens, record, token, start)


def made_at(missing: Missing, tokens: Tokens, record: Ints, token: Ints, start: Ints) -> Fragments:
    """Tokens as fragments of the records that miss them, which have them from ``start`` on."""
    none = np.zeros(record.size, np.int64)
    chosen = missing.take(record)
    return Fragments(tokens.pos[token], tokens.size[token], chosen.key, start, chosen.length, none, none.copy())


def _equal(missing: Missing, tokens: Tokens, wide: int) -> tuple[Fragments, Flags]:
    """The tokens whose text is just what a record misses."""
    used = np.zeros(len(tokens), np.bool_)
    missing = missing.take(missing.end - missing.start < ATTRIBUTABLE_BYTES)
    if not len(missing) or not len(tokens):
        return Fragments.empty(), used
    text = inner.content(missing.key, missing.length, missing.start, 2)
    text *= np.arange(ATTRIBUTABLE_BYTES) < (missing.end - missing.start)[:, None]
    wanted, offered = digest(text), digest(tokens.text)
    mine, theirs = neighbourhoods(missing.near, tokens.pos, wide)
    wanted ^= np.where(missing.end - missing.start < TELLING_BYTES, mine.view(np.int64), 0)
    offered ^= np.where(tokens.size < TELLING_BYTES, theirs.view(np.int64), 0)
    common = inner.among(wanted, offered)
    if not common.any():
        return Fragments.empty(), used
    missing, text, wanted = missing.take(common), text[common], wanted[common]
    record, token = inner.brackets(wanted, missing.near, offered, tokens.pos)
    left_record = _others(len(missing), record)
    left_token = _others(len(tokens), token)
    lone = tokens.text[left_token, 0] == NEWLINE
    ends = left_record[text[left_record, 0] == NEWLINE]
    newlines, left_token = left_token[lone], left_token[~lone]
    before, after = inner.brackets(
        offered[left_token], tokens.pos[left_token], wanted[left_record], missing.near[left_record]
    )
    record = np.concatenate([record, left_record[after]])
    token = np.concatenate([token, left_token[before]])
    if ends.size <= newlines.size and wide >= NEAR_BYTES:  # where there is enough, one may stand before its record
        record = np.concatenate([record, ends[inner.order(missing.near[ends])]])
        token = np.concatenate([token, newlines[: ends.size]])
    distance = np.abs(missing.near[record] - tokens.pos[token])
    fits = distance <= NEAR_BYTES
    fits &= same_text(text.take(record, axis=0), tokens.text.take(token, axis=0))
    record, token = record[fits], token[fits]
    used[token] = True
    return made_at(missing, tokens, record, token, missing.start[record]), used


def _others(count: int, chosen: Ints) -> Ints:
    """The indices below ``count`` that are not chosen."""
    left = np.ones(count, np.bool_)
    left[chosen] = False
    return np.flatnonzero(left)


def same_text(one: Bytes, other: Bytes) -> Flags:
    """Whether texts of 32 bytes, one row each, are equal."""
    words = np.ascontiguousarray(one).view(np.uint64) == np.ascontiguousarray(other).view(np.uint64)
    same: Flags = words.all(axis=1)
    return same


def digest(text: Bytes) -> Ints:
    """Equal for equal texts; for different ones nearly always different."""
    with np.errstate(over="ignore"):
        words = np.ascontiguousarray(text).view(np.uint64) * _MIX
        words ^= words >> np.uint64(29)
        words *= _MIX[::-1]
        mixed: Ints = np.bitwise_xor.reduce(words, axis=1).view(np.int64)
        return mixed


def tried(tokens: Tokens) -> Flags:
    """Which tokens are long enough to be told where they are nearly what a record misses."""
    head, tail = _ends(tokens)
    long: Flags = (tokens.size >= FEWEST_TRIED) | ((head | tail) & (tokens.size >= FEWEST_AT_END))
    return long


def _ends(tokens: Tokens) -> tuple[Flags, Flags]:
    """Which tokens may be the first bytes of a record, and which its last."""
    last = tokens.text[np.arange(len(tokens)), tokens.size - 1]
    return tokens.text[:, 0] == HEAD_MARK, last == NEWLINE


def triable(missing: Missing, tokens: Tokens) -> tuple[Missing, Flags]:
    """The missing places that tokens may fill together with a few bytes beside them, and which of the tokens may."""
    able = tried(tokens)
    if not able.any():
        return missing.take(slice(0, 0)), able
    head, tail = _ends(tokens)
    heads, tails = bool((able & head).any()), bool((able & tail).any())
    fillable = ~missing.taken & (missing.end - missing.start <= tokens.size.max() + 2 * CELL_BYTES)
    fillable &= heads | (missing.start > 0)
    fillable &= tails | (missing.end < missing.length)
    missing = missing.take(fillable)
    if len(missing) * MANY_TO_ONE < np.count_nonzero(able):
        able &= _alike(missing, tokens)
    return missing, able


def _alike(missing: Missing, tokens: Tokens) -> Flags:
    """Which tokens begin or end with two bytes that stand so in what records miss or right beside it. All others are
    nothing that these miss, with whatever bytes from the fragments beside them; but for a few, of which a part may be
    shorter, which are told as alike."""
    text = inner.content(missing.key, missing.length, np.maximum(missing.start - CELL_BYTES, 0), _CELLS_AROUND)
    there = np.zeros(1 << 16, np.bool_)
    there[_pairs(text[:, :-1], text[:, 1:])] = True
    own, row = tokens.text, np.arange(len(tokens))
    alike: Flags = there[_pairs(own[:, 0], own[:, 1])]
    alike |= there[_pairs(own[row, np.maximum(tokens.size - 2, 0)], own[row, tokens.size - 1])]
    alike |= (tokens.size <= 2) | (own[:, 1:] == BODY_MARK).any(axis=1)
    return alike


def _pairs(first: Bytes, second: Bytes) -> Ints:
    """Two bytes as one number."""
    paired: Ints = first.astype(np.int64) << 8 | second
    return paired

"""The ends of records that were damaged inside their first or last cell: a last look before bytes are foreign.

There too little is left for a cell. But what is left agrees with the record, its first bytes or its last ones, and
stands where the record has it, or right beside the rest of the record; or all that the record misses stands across
a gap from it. Everything else has found its record before, so that nobody else misses these bytes.
"""

from dataclasses import replace
from enum import Enum

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import HEAD_MARK, NEWLINE, Flags, Ints
from harness.analysis.coverage import TELLING_BYTES, grouped, in_order
from harness.analysis.home import at_home
from harness.analysis.spans import Fragments, Tokens
from harness.trace.record import ATTRIBUTABLE_BYTES

AT_HOME_BYTES = 4
"""Where the record has them, so many bytes of a longer token are believed to be its own."""


class _Place(Enum):
    """Where the end of a record may stand."""

    HOME = "where the record has it"
    BESIDE = "right beside the rest of the record"
    ACROSS = "at the other end of the gap beside it"


def with_ends(f: Fragments, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """The fragments, and more of them made of the ends of tokens; and what is left of the tokens."""
    if not len(f) or not len(tokens):
        return f, tokens
    home, tokens = at_home(f, tokens)
    f = Fragments.join([f, home])
    headless, tailless = _without_ends(f)
    for place in _Place:
        heads, tokens = _heads(headless, tokens, place)
        tails, tokens = _tails(tailless, tokens, place)
        if len(heads) or len(tails):
            f = Fragments.join([f, heads, tails])
            headless, tailless = _without_ends(f)
    return f, tokens.take(tokens.size > 0)


def whole_at_home(f: Fragments, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """The tokens that stand, each as a whole, where a record has them, beside its fragments: as fragments; and the
    others. A few bytes that fit are left to a later look."""
    if not len(f) or not len(tokens):
        return Fragments.empty(), tokens
    headless, tailless = _without_ends(f)
    long = tokens.size >= AT_HOME_BYTES
    able, others = tokens.take(long), tokens.take(~long)
    found = []
    for look, records in ((_heads, headless), (_tails, tailless)):
        made, left = look(records, able, _Place.HOME)
        none = left.size == 0
        found.append(made.take(inner.among(made.pos, able.pos[none])))
        able = able.take(~none)
    return Fragments.join(found), Tokens.join([able, others])


def _without_ends(f: Fragments) -> tuple[Fragments, Fragments]:
    """The first fragments of records that lack their first byte, and the last ones of those that lack their last."""
    ordered = in_order(f)
    groups = grouped(ordered)
    ordered = replace(ordered, length=groups.length[groups.of])  # which only one piece may tell
    last = np.append(groups.first[1:], len(ordered)) - 1
    known = groups.length > 0
    headless = ordered.take(groups.first[known & (ordered.start[groups.first] > 0)])
    return headless, ordered.take(last[known & (groups.end < groups.length)])


def _heads(f: Fragments, tokens: Tokens, place: _Place) -> tuple[Fragments, Tokens]:
    """Tokens whose first bytes are those of records that lack them."""
    able = np.flatnonzero((tokens.text[:, 0] == HEAD_MARK) & (tokens.size > 0))
    some = tokens.take(able)
    if place is _Place.HOME:
        row, token = _together(f.pos - f.start, some.pos)
    elif place is _Place.BESIDE:
        row, token = _together(f.pos, some.pos + some.size)
    else:
        row, token = _together(f.pos, np.where(some.pos == some.gap[:, 0], some.gap[:, 1], -1))
    token = able[token]
    text = inner.content(f.key[row], f.length[row], np.zeros(row.size, np.int64), 2)
    size = np.minimum(_agreeing(text == tokens.text[token]), np.minimum(f.start[row], tokens.size[token]))
    believed = _believed(tokens, token, size, place)
    if place is _Place.ACROSS:
        believed &= size == f.start[row]
    size = np.where(believed, size, 0)
    made = _fragments(f.take(row), tokens.pos[token], size, np.zeros(row.size, np.int64))
    less = np.zeros(len(tokens), np.int64)
    less[token] = size
    text = tokens.text.copy()
    at = np.minimum(size[:, None] + np.arange(ATTRIBUTABLE_BYTES), ATTRIBUTABLE_BYTES - 1)
    text[token] = np.take_along_axis(tokens.text[token], at, axis=1)
    return made, replace(tokens, pos=tokens.pos + less, size=tokens.size - less, text=text)


def _tails(f: Fragments, tokens: Tokens, place: _Place) -> tuple[Fragments, Tokens]:
    """Tokens whose last bytes are those of records that lack them."""
    last = tokens.text[np.arange(len(tokens)), tokens.size - 1]
    able = np.flatnonzero((last == NEWLINE) & (tokens.size > 0))
    some = tokens.take(able)
    end, stop = f.pos + f.size, some.pos + some.size
    if place is _Place.HOME:
        row, token = _together(f.pos - f.start + f.length, stop)
    elif place is _Place.BESIDE:
        row, token = _together(end, some.pos)
    else:
        row, token = _together(end, np.where(stop == some.gap[:, 1], some.gap[:, 0], -1))
    stop, token = stop[token], able[token]
    text = inner.content(f.key[row], f.length[row], f.length[row] - ATTRIBUTABLE_BYTES, 2)
    at = (tokens.size[token, None] + np.arange(ATTRIBUTABLE_BYTES)) % ATTRIBUTABLE_BYTES
    theirs = np.take_along_axis(tokens.text[token], at, axis=1)
    missing = (f.length - f.start - f.size)[row]
    size = np.minimum(_agreeing((text == theirs)[:, ::-1]), np.minimum(tokens.size[token], missing))
    believed = _believed(tokens, token, size, place)
    if place is _Place.ACROSS:
        believed &= size == missing
    size = np.where(believed, size, 0)
    made = _fragments(f.take(row), stop - size, size, f.length[row] - size)
    less = np.zeros(len(tokens), np.int64)
    less[token] = size
    return made, replace(tokens, size=tokens.size - less)


def _believed(tokens: Tokens, token: Ints, size: Ints, place: _Place) -> Flags:
    """Whether pieces of tokens are all of them, or long enough; at home, fewer bytes are enough.

    A newline behind bytes that may be the last ones of a record is that record's.
    """
    enough = AT_HOME_BYTES if place is _Place.HOME else TELLING_BYTES
    believed: Flags = (size == tokens.size[token]) | (size >= enough)
    return believed


def _together(place: Ints, theirs: Ints) -> tuple[Ints, Ints]:
    """Rows of fragments and of tokens whose places are equal, each of both at most once."""
    row = inner.rows(place, theirs)
    there = np.flatnonzero(row >= 0)
    row, first = np.unique(row[there], return_index=True)
    return row, there[first]


def _agreeing(equal: Flags) -> Ints:
    count: Ints = np.where(equal.all(axis=1), equal.shape[1], np.argmin(equal, axis=1))
    return count


def _fragments(f: Fragments, pos: Ints, size: Ints, start: Ints) -> Fragments:
    none = np.zeros(pos.size, np.int64)
    return Fragments(pos, size, f.key, start, f.length, none, none.copy()).take(size > 0)

"""The ends of records that were damaged inside their first or last cell: a last look before bytes are foreign.

There too little is left for a cell. But what is left agrees with the record, its first bytes or its last ones, and
stands where the record has it, or right beside the rest of the record; or all that the record misses stands across
a gap from it. Everything else has found its record before, so that nobody else misses these bytes.
"""

from dataclasses import replace

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import HEAD_MARK, NEWLINE, Flags, Ints
from harness.analysis.coverage import grouped, in_order
from harness.analysis.home import in_tokens
from harness.analysis.spans import Fragments, Tokens
from harness.trace.record import ATTRIBUTABLE_BYTES


def with_ends(f: Fragments, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """The fragments, and more of them made of the ends of tokens; and what is left of the tokens."""
    if not len(f) or not len(tokens):
        return f, tokens
    home, tokens = in_tokens(f, tokens)
    ordered = in_order(Fragments.join([f, home]))
    groups = grouped(ordered)
    ordered = replace(ordered, length=groups.length[groups.of])  # which only one piece may tell
    last = np.append(groups.first[1:], len(ordered)) - 1
    known = groups.length > 0
    headless = ordered.take(groups.first[known & (ordered.start[groups.first] > 0)])
    heads, tokens = _heads(headless, tokens)
    tailless = ordered.take(last[known & (groups.end < groups.length)])
    tails, tokens = _tails(tailless, tokens)
    return Fragments.join([f, home, heads, tails]), tokens.take(tokens.size > 0)


def _heads(f: Fragments, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """Tokens whose first bytes are those of records that lack them."""
    first = np.where(tokens.pos == tokens.gap[:, 0], tokens.gap[:, 1], -1)
    places = [(f.pos - f.start, tokens.pos), (f.pos, tokens.pos + tokens.size), (f.pos, first)]
    row, token, across = _together(f, tokens, places)
    text = inner.content(f.key[row], f.length[row], np.zeros(row.size, np.int64), 2)
    size = np.minimum(_agreeing(text == tokens.text[token]), np.minimum(f.start[row], tokens.size[token]))
    size = np.where((tokens.text[token, 0] == HEAD_MARK) & (~across | (size == f.start[row])), size, 0)
    made = _fragments(f.take(row), tokens.pos[token], size, np.zeros(row.size, np.int64))
    less = np.zeros(len(tokens), np.int64)
    less[token] = size
    at = np.minimum(less[:, None] + np.arange(ATTRIBUTABLE_BYTES), ATTRIBUTABLE_BYTES - 1)
    text = np.take_along_axis(tokens.text, at, axis=1)
    return made, Tokens(tokens.pos + less, tokens.size - less, text, tokens.hint, tokens.gap)


def _tails(f: Fragments, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """Tokens whose last bytes are those of records that lack them."""
    end = f.pos + f.size
    home = f.pos - f.start + f.length
    last = np.where(tokens.pos + tokens.size == tokens.gap[:, 1], tokens.gap[:, 0], -1)
    places = [(home, tokens.pos + tokens.size), (end, tokens.pos), (end, last)]
    row, token, across = _together(f, tokens, places)
    text = inner.content(f.key[row], f.length[row], f.length[row] - ATTRIBUTABLE_BYTES, 2)
    at = (tokens.size[token, None] + np.arange(ATTRIBUTABLE_BYTES)) % ATTRIBUTABLE_BYTES
    theirs = np.take_along_axis(tokens.text[token], at, axis=1)
    size = np.minimum(_agreeing((text == theirs)[:, ::-1]), tokens.size[token])
    missing = f.length[row] - f.start[row] - f.size[row]
    size = np.minimum(size, missing)
    size = np.where((theirs[:, -1] == NEWLINE) & (~across | (size == missing)), size, 0)
    pos = tokens.pos[token] + tokens.size[token] - size
    made = _fragments(f.take(row), pos, size, f.length[row] - size)
    less = np.zeros(len(tokens), np.int64)
    less[token] = size
    return made, Tokens(tokens.pos, tokens.size - less, tokens.text, tokens.hint, tokens.gap)


def _together(f: Fragments, tokens: Tokens, places: list[tuple[Ints, Ints]]) -> tuple[Ints, Ints, Flags]:
    """Rows of fragments and of tokens whose places are equal, each of both at most once; and which pairs
    the last of ``places`` brought together."""
    free = np.ones(len(f), np.bool_)
    untouched = tokens.size > 0
    rows, others = [], []
    for theirs, ours in places:
        row, token = np.flatnonzero(free), np.flatnonzero(untouched)
        _, one, other = np.intersect1d(theirs[row], ours[token], return_indices=True)
        rows.append(row[one])
        others.append(token[other])
        free[row[one]] = False
        untouched[token[other]] = False
    across = np.repeat(np.arange(len(rows)) == len(rows) - 1, [one.size for one in rows])
    return np.concatenate(rows), np.concatenate(others), across


def _agreeing(equal: Flags) -> Ints:
    count: Ints = np.where(equal.all(axis=1), equal.shape[1], np.argmin(equal, axis=1))
    return count


def _fragments(f: Fragments, pos: Ints, size: Ints, start: Ints) -> Fragments:
    none = np.zeros(pos.size, np.int64)
    return Fragments(pos, size, f.key, start, f.length, none, none.copy()).take(size > 0)

"""Where tokens that stand side by side were cut only because a token is short, and where they should have been.

The first bytes of one record and the last of another may stand together, longer than a token can be. They are cut
somewhere then, and belong together again as soon as one of the two records is known, or where both miss them.
"""

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import HEAD_MARK, NEWLINE, Bytes, Ints
from harness.analysis.coverage import Missing
from harness.analysis.spans import Tokens
from harness.analysis.tokens import digest
from harness.trace.record import ATTRIBUTABLE_BYTES

_WIDTH = np.arange(ATTRIBUTABLE_BYTES)
_LONGEST = ATTRIBUTABLE_BYTES - 1


def recut(missing: Missing, tokens: Tokens) -> Tokens:
    """The tokens, those that were cut just anywhere now cut where records miss what is on both sides."""
    first = _severed(tokens)
    missing = missing.take(missing.end - missing.start < ATTRIBUTABLE_BYTES)
    missing_size = missing.end - missing.start
    if not first.size or not len(missing):
        return tokens
    one, other = tokens.take(first), tokens.take(first + 1)
    text = np.zeros((first.size, 2 * ATTRIBUTABLE_BYTES), np.uint8)
    text[:, :ATTRIBUTABLE_BYTES] = one.text
    text[np.arange(first.size)[:, None], one.size[:, None] + _WIDTH] = other.text
    total = one.size + other.size
    wanted = digest(inner.content(missing.key, missing.length, missing.start, 2) * (missing_size[:, None] > _WIDTH))
    row, cut = np.nonzero((_WIDTH >= 1) & (total[:, None] - _WIDTH >= 1) & (total[:, None] - _WIDTH <= _LONGEST))
    able = inner.among(digest(_part(text, row, np.zeros_like(cut), cut)), wanted)
    row, cut = row[able], cut[able]
    able = inner.among(digest(_part(text, row, cut, total[row])), wanted)
    row, cut = row[able], cut[able]
    row, at = np.unique(row, return_index=True)
    cut = cut[at]
    tokens = tokens.take(np.arange(len(tokens)))
    for token, begin, end in ((first[row], np.zeros_like(cut), cut), (first[row] + 1, cut, total[row])):
        tokens.text[token] = _part(text, row, begin, end)
        tokens.pos[token] = one.pos[row] + begin
        tokens.size[token] = end - begin
    return tokens


def _part(text: Bytes, row: Ints, begin: Ints, end: Ints) -> Bytes:
    """Parts of rows of text, shorter than 32 bytes, NUL behind them."""
    width = text.shape[1]
    padded = np.append(text.reshape(-1), np.zeros(ATTRIBUTABLE_BYTES, np.uint8))
    windows = np.ndarray((text.size + 1, ATTRIBUTABLE_BYTES), np.uint8, padded, 0, (1, 1))
    part: Bytes = windows[row * width + begin] * (end[:, None] - begin[:, None] > _WIDTH)
    return part


def rejoined(tokens: Tokens) -> Tokens:
    """The tokens, those that were cut just anywhere as one where that is no longer than a token."""
    first = _severed(tokens)
    first = first[(tokens.size[first] + tokens.size[first + 1]) <= _LONGEST]
    first = first[np.append(True, np.diff(first) > 1)[: first.size]]
    if not first.size:
        return tokens
    tokens = tokens.take(np.arange(len(tokens)))
    at = tokens.size[first][:, None] + _WIDTH
    row, column = np.nonzero(at < ATTRIBUTABLE_BYTES)
    tokens.text[first[row], at[row, column]] = tokens.text[first[row] + 1, column]
    tokens.size[first] += tokens.size[first + 1]
    kept = np.ones(len(tokens), np.bool_)
    kept[first + 1] = False
    return tokens.take(kept)


def _severed(tokens: Tokens) -> Ints:
    """Which tokens, in order of position, are followed by one that goes on where they were cut: no record ends with
    them, and none begins with that."""
    last = tokens.text[np.arange(len(tokens)), tokens.size - 1]
    severed = (tokens.pos + tokens.size)[:-1] == tokens.pos[1:]
    severed &= (last[:-1] != NEWLINE) & (tokens.text[1:, 0] != HEAD_MARK)
    return np.flatnonzero(severed)

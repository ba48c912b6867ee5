"""Matches all lines of a block at once, token by token, for patterns that have a shape.

What it says matches does match, with just these groups. A shape leaves nothing to try twice, so what does not fit it
does not match; only lines whose number or name is too long for columns are left to RE2.
"""

import numpy as np
import numpy.typing as npt

from harness.analysis.foreign.pattern import GROUPS
from harness.analysis.foreign.seen import Flags, Ints
from harness.analysis.foreign.shape import Token, shape_of
from harness.analysis.foreign.tally import NO_SEQ, Tally

Text = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Span = tuple[Ints, Ints]

STEPS = 12
"""Bytes of a run that are looked at one by one, before the whole block is searched for the ends of runs."""
SEQ_DIGITS = 18
NAME_BYTES = 32
PADDING = 16
_LOW = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)


class Columns:
    """The column-wise matcher of one shape."""

    def __init__(self, tokens: list[Token], tally: Tally) -> None:
        self._tokens = tokens
        self._tally = tally
        self._groups = {token.group for token in tokens} & set(GROUPS)

    @classmethod
    def of(cls, text: str, tally: Tally) -> "Columns | None":
        """The matcher of a pattern, None when it has no shape."""
        tokens = shape_of(text)
        if tokens is None or any(f"<{name}>)" in text for name in GROUPS):  # an empty group has no token
            return None
        return cls(tokens, tally)

    def match(self, padded: Text, start: Ints, end: Ints) -> tuple[Ints, Ints, Ints, Ints]:
        """Rows that match, their writers' numbers and their sequence numbers; and the rows left to RE2.

        ``padded`` has PADDING newlines beyond the last ``end``.
        """
        rows = np.arange(start.size)
        at = start.copy()
        spans: dict[str, Span] = {}
        for token in self._tokens:
            after, good = self._step(token, padded, at, end[rows])
            if token.group:
                spans[token.group] = (spans[token.group][0] if token.group in spans else at, after)
            if not good.all():
                rows, after = rows[good], after[good]
                spans = {name: (a[good], b[good]) for name, (a, b) in spans.items()}
            at = after
        fits = at == end[rows]
        good = fits.copy()
        if "seq" in self._groups:
            good &= _decimal(padded, *spans["seq"])
        if "writer" in self._groups:
            first, last = spans["writer"]
            good &= (last - first <= NAME_BYTES) & ((padded[last - 1] != 0) | (last == first))
        unsure = rows[fits & ~good]
        if not good.all():
            rows = rows[good]
            spans = {name: (a[good], b[good]) for name, (a, b) in spans.items()}
        return rows, self._writers(padded, spans, rows.size), _numbers(padded, spans, rows.size), unsure

    def _step(self, token: Token, padded: Text, at: Ints, end: Ints) -> tuple[Ints, Flags]:
        if token.members is None:
            return at + len(token.literal), _literal(padded, at, token.literal)
        stop = run_end(padded, at, end, token.members)
        length = stop - at
        if token.most == token.least:
            return at + token.least, length >= token.least
        return stop, (length >= token.least) & (length <= token.most)

    def _writers(self, padded: Text, spans: dict[str, Span], rows: int) -> Ints:
        if "writer" not in self._groups:
            return np.full(rows, self._tally.number(b""), np.int64) if rows else np.zeros(0, np.int64)
        start, end = spans["writer"]
        width = int((end - start).max()) if rows else 0
        if width <= 8:
            words = _words(padded)[start] & _LOW[end - start]
            unique, first, inverse = np.unique(words, return_index=True, return_inverse=True)
        else:
            cells = padded[np.minimum(start[:, None] + np.arange(width), padded.size - 1)]
            cells[np.arange(width) >= (end - start)[:, None]] = 0
            names = np.ascontiguousarray(cells).view(f"S{width}").ravel()
            unique, first, inverse = np.unique(names, return_index=True, return_inverse=True)
        numbers = np.zeros(unique.size, np.int64)
        for one in np.argsort(first).tolist():
            row = first[one]
            numbers[one] = self._tally.number(padded[start[row] : end[row]].tobytes())
        return numbers[inverse]


def _words(padded: Text) -> Words:
    """The eight bytes from each byte on, little-endian, without a copy."""
    return np.ndarray((padded.size - 7,), "<u8", padded, strides=(1,))


def _literal(padded: Text, at: Ints, literal: bytes) -> Flags:
    words = _words(padded)
    good = np.ones(at.size, np.bool_)
    for offset in range(0, len(literal), 8):
        part = literal[offset : offset + 8]
        where = np.minimum(at + offset, words.size - 1)  # what is clipped stands in the padding and fails
        value = np.uint64(int.from_bytes(part, "little"))
        good &= (words[where] & _LOW[len(part)]) == value
    return good


def run_end(padded: Text, at: Ints, end: Ints, members: Flags) -> Ints:
    """Where the run of ``members`` from ``at`` ends, at ``end`` at the latest."""
    if members.sum() == 255:
        return end.copy()
    stop = at.copy()
    live = np.arange(at.size)
    for _ in range(STEPS):
        here = stop[live]
        live = live[members[padded[here]] & (here < end[live])]
        if not live.size:
            return stop
        stop[live] += 1
    outside = np.flatnonzero(~members[padded])  # the padding is outside every class
    stop[live] = np.minimum(outside[np.searchsorted(outside, stop[live])], end[live])
    return stop


def _decimal(padded: Text, start: Ints, end: Ints) -> Flags:
    """Which spans are 1 to SEQ_DIGITS digits; the others RE2's path can tell."""
    width = end - start
    good = (width > 0) & (width <= SEQ_DIGITS)
    for offset in range(int(width[good].max()) if good.any() else 0):
        byte = padded[np.minimum(start + offset, padded.size - 1)]
        good &= (offset >= width) | ((byte >= 48) & (byte <= 57))
    return good


def _numbers(padded: Text, spans: dict[str, Span], rows: int) -> Ints:
    if "seq" not in spans:
        return np.full(rows, NO_SEQ, np.int64)
    start, end = spans["seq"]
    width = end - start
    value = np.zeros(rows, np.int64)
    for offset in range(int(width.max()) if rows else 0):
        digit = padded[np.minimum(start + offset, padded.size - 1)].astype(np.int64) - 48
        value = np.where(offset < width, value * 10 + digit, value)
    return value

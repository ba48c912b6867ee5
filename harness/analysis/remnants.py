"""Remnants: the first or last bytes of records of which nothing longer is left.

They hold no cell, and no fragment of their record says that they are missed. But a record that was attempted and
is not there misses all of its bytes; where just one of those begins, or ends, with what stands here, it is its.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import HEAD_MARK, NEWLINE, Bytes, Flags, Ints
from harness.analysis.coverage import in_order
from harness.analysis.journals import Journals
from harness.analysis.ledger import Ledger, keys_of, ones
from harness.analysis.shelf import Shelf
from harness.analysis.spans import Fragments, Tokens
from harness.trace.record import ATTRIBUTABLE_BYTES

MOST = 4096
"""With more records absent, or more pieces, than this none is told apart."""
FEWEST_BYTES = 4
"""A shorter piece is believed to be an end only where nothing foreign stands beside it."""
_PAST = b"\x7f"
"""Greater than any byte of a record."""


class Remnants:
    """Tokens that were given up, until it is known which records are absent."""

    def __init__(self) -> None:
        self._left: list[Tokens] = []
        self._parted: list[Tokens] = []
        self._given: dict[int, int] = {}

    def add(self, tokens: Tokens, left: Tokens) -> None:
        """Take in what is ``left`` of tokens after the last look, and those of which a part was given to a record."""
        if not len(left) or sum(map(len, self._left)) > MOST:
            return
        self._left.append(_ends_only(left))
        parted, given = _given_in_part(tokens, left)
        self._parted.append(_ends_only(parted))
        self._given.update(zip(parted.pos.tolist(), given.tolist(), strict=True))

    def told(self, ledger: Ledger, journals: Journals, shelf: Shelf) -> tuple[Fragments, Fragments]:
        """Put the remnants on the shelf, where the fragments of truncated records are; their records are seen from then
        on. Returns them, and those that lose their bytes to them."""
        left, parted = (Tokens.join([*tokens, Tokens.empty()]) for tokens in (self._left, self._parted))
        if not len(left) and not len(parted):
            return Fragments.empty(), Fragments.empty()
        absent = _Absent(ledger, journals)
        alone = absent.alone_in(parted)
        short = Fragments.join([Fragments.empty(), *(f.take(_inside(f, alone)) for f in shelf if len(alone))])
        alone, freed = _instead(alone, self._given, short)
        if len(freed):
            shelf.keep(lambda f: ~inner.among(f.pos, freed.pos))
        found = Fragments.join([alone, absent.within(_outside(left, alone))])
        ledger.set("seen", ledger.locate(found.key))
        shelf.add(in_order(found))
        return found, freed


def _ends_only(tokens: Tokens) -> Tokens:
    """The tokens that may be the first or last bytes of a record."""
    last = tokens.text[np.arange(len(tokens)), tokens.size - 1]
    return tokens.take((tokens.text[:, 0] == HEAD_MARK) | ((last == NEWLINE) & (tokens.size > 1)))


def _given_in_part(tokens: Tokens, left: Tokens) -> tuple[Tokens, Ints]:
    """The tokens of which a part, but not all, was taken for a record's, and how many bytes: their others may say that
    it is not."""
    order = np.argsort(left.pos)
    pos, total = left.pos[order], np.insert(np.cumsum(left.size[order]), 0, 0)
    end = tokens.pos + tokens.size
    given = tokens.size - total[np.searchsorted(pos, end)] + total[np.searchsorted(pos, tokens.pos)]
    part = (given > 0) & (given < tokens.size)
    return tokens.take(part), given[part]


def _outside(tokens: Tokens, found: Fragments) -> Tokens:
    """The tokens that are not within what was found."""
    row = np.searchsorted(found.pos, tokens.pos, side="right") - 1
    end = np.append(found.pos + found.size, -1)
    return tokens.take(tokens.pos >= end[row])


def _inside(f: Fragments, found: Fragments) -> Flags:
    """Which short fragments stand inside of what was found."""
    first = np.searchsorted(found.pos, f.pos, side="right") - 1
    end = np.append(found.pos + found.size, -1)
    inside: Flags = (f.size < ATTRIBUTABLE_BYTES) & (f.pos + f.size <= end[first])
    return inside


def _instead(found: Fragments, given: dict[int, int], short: Fragments) -> tuple[Fragments, Fragments]:
    """Of what was ``found`` to be whole tokens, what can have the bytes ``given`` to others, whose pieces they were
    taken for: those that are open still, ``short``; and the pieces that these lose."""
    first = np.searchsorted(found.pos, short.pos, side="right") - 1
    freed = np.zeros(len(found), np.int64)
    np.add.at(freed, first, short.size)
    able = freed == [given[pos] for pos in found.pos.tolist()]
    return found.take(able), short.take(able[first])


class _Absent:
    """The ends of the records that were attempted, and of which nothing is known to be there."""

    def __init__(self, ledger: Ledger, journals: Journals) -> None:
        present = ledger.plane("whole") | ledger.plane("complete") | ledger.plane("seen")
        absent = ledger.plane("attempted") & ~present
        count = ones(absent)
        key = keys_of(ledger.pages(), absent, MOST) if 0 < count <= MOST else np.zeros(0, np.int64)
        length = journals.length_of(key) if key.size else key
        self._heads = _Ends(key, inner.content(key, length, np.zeros(key.size, np.int64), 2), length)
        told = length >= ATTRIBUTABLE_BYTES
        key, length = key[told], length[told]
        self._tails = _Ends(key, inner.content(key, length, length - ATTRIBUTABLE_BYTES, 2)[:, ::-1], length)

    def alone_in(self, tokens: Tokens) -> Fragments:
        """Tokens that are nothing but the first or the last bytes of one of the records."""
        rows: list[_Row] = []
        for pos, text, _, _ in _texts(tokens):
            head = self._heads.fragment(pos, text, len(text), first=True)
            rows += head or self._tails.fragment(pos, text[::-1], len(text), first=False)
        return _fragments(sorted(rows))

    def within(self, tokens: Tokens) -> Fragments:
        """What tokens hold of the records: the first bytes of one, the last bytes of another, or both."""
        rows: list[_Row] = []
        for pos, text, begins, ends in _texts(tokens):
            head = self._heads.fragment(pos, text, 1 if begins else FEWEST_BYTES, first=True)
            taken = sum(size for _, size, _, _, _ in head)
            rows += head
            rest = text[taken:][::-1]
            rows += self._tails.fragment(pos + taken, rest, 2 if ends else FEWEST_BYTES, first=False)
        return _fragments(rows)


_Row = tuple[int, int, int, int, int]
"""Position, size, key, offset in the record, and the record's length."""


def _texts(tokens: Tokens) -> Iterator[tuple[int, bytes, bool, bool]]:
    """Position and text of each token, and whether the gap that it stands in begins, and ends, with it."""
    if len(tokens) > MOST:
        return
    columns = zip(tokens.text, tokens.size.tolist(), tokens.pos.tolist(), tokens.gap.tolist(), strict=True)
    for row, size, pos, (begin, end) in columns:
        yield pos, row[:size].tobytes(), pos == begin, pos + size == end


def _fragments(rows: Sequence[_Row]) -> Fragments:
    if not rows:
        return Fragments.empty()
    pos, size, key, start, length = np.array(rows, np.int64).T
    none = np.zeros(len(rows), np.int64)
    return Fragments(pos, size, key, start, length, none, none.copy())


class _Ends:
    """The ends of records, each from its outer byte inwards, in order."""

    def __init__(self, key: Ints, text: Bytes, length: Ints) -> None:
        rows = sorted(zip((row.tobytes() for row in text), key.tolist(), length.tolist(), strict=True))
        self._text = [text for text, _, _ in rows]
        self._of = [(key, length) for _, key, length in rows]

    def fragment(self, pos: int, text: bytes, least: int, *, first: bool) -> list[_Row]:
        """As much of ``text``, from its outer byte inwards, as is the end of a record: if of one only, and of ``least``
        bytes or more. ``pos`` is where the text stands; ``first``: these are first bytes, not last ones."""
        for size in range(len(text), least - 1, -1):
            at = bisect_left(self._text, text[:size])
            count = bisect_left(self._text, text[:size] + _PAST) - at
            if count == 1:
                key, length = self._of[at]
                start = 0 if first else length - size
                return [(pos if first else pos + len(text) - size, size, key, start, length)]
            if count > 1:
                break
        return []

"""The texts that short pieces can stand for, and those that records miss: by their hashes, all at once.

Where a record was cut inside a cell, the bytes beside the cut may be right for it by chance, and have been counted to
it; the short piece on the other side then lacks them. So a piece offers its text also with bytes that the fragments
beside it may give, or in parts; and a record wants what it misses also with the few bytes that it claims beside it,
or could leave to a neighbour.
"""

from dataclasses import dataclass

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import BODY_MARK, HEAD_MARK, NEWLINE, Bytes, Flags, Ints
from harness.analysis.coverage import TELLING_BYTES, Missing
from harness.analysis.covering import OFFSET_BITS
from harness.analysis.hashes import Hashes, Rows
from harness.analysis.spans import Columns, Fragments, Tokens
from harness.trace.record import ATTRIBUTABLE_BYTES, CELL_BYTES

FEWEST_EQUAL = 4
"""What a record misses is at least so long where the rest of it may be beside a fragment of its own."""
MOST_SOFT = 2 * CELL_BYTES
"""So many bytes may be in dispute at a tear."""
_LESS = np.arange(CELL_BYTES)
_PART = np.arange(TELLING_BYTES, ATTRIBUTABLE_BYTES)
_CUT = np.arange(1, ATTRIBUTABLE_BYTES - 1)
_SOFT = np.arange(1, MOST_SOFT)
_ENDS = np.concatenate([np.arange(-MOST_SOFT, 0), np.arange(1, CELL_BYTES)])


@dataclass(frozen=True, slots=True)
class Offers(Columns):
    """Texts of tokens, ``text`` by hash. int64: ``token``, and ``part``, 1 for the second part of one that is tried in
    two; of the text, ``size``, the ``left`` bytes that another has to give in front, and those of the token's ``own``,
    which stand at ``pos``. ``split``: whether it is one part of two."""

    text: Hashes
    token: Ints
    part: Ints
    size: Ints
    left: Ints
    own: Ints
    pos: Ints
    split: Flags


@dataclass(frozen=True, slots=True)
class Wants(Columns):
    """Texts that records miss, ``text`` by hash. int64: the ``missing`` place, the record's offset where it starts,
    ``start``, and its ``size``. ``tight``: whether it need give back nothing that is undisputed."""

    text: Hashes
    missing: Ints
    start: Ints
    size: Ints
    tight: Flags


class Pieces:
    """What tokens can stand for."""

    def __init__(self, f: Fragments, tokens: Tokens) -> None:
        before, self._lent = _before(f, tokens.pos)
        behind, self._given = _behind(f, tokens.pos + tokens.size)
        self._pos, self._size = tokens.pos, tokens.size[:, None]
        self._text = np.zeros((len(tokens), 2 * CELL_BYTES + ATTRIBUTABLE_BYTES), np.uint8)
        self._text[:, :CELL_BYTES] = before
        self._text[:, CELL_BYTES : CELL_BYTES + ATTRIBUTABLE_BYTES] = tokens.text
        self._text[np.arange(len(tokens))[:, None], CELL_BYTES + self._size + _LESS] = behind
        self._rows = Rows(self._text)
        self._head = tokens.text[:, :1] == HEAD_MARK
        self._tail = tokens.text[np.arange(len(tokens)), tokens.size - 1][:, None] == NEWLINE
        self._plus = np.argmax(tokens.text[:, 1:] == BODY_MARK, axis=1)[:, None] + 1
        self._two = tokens.text[np.arange(len(tokens)), self._plus[:, 0]][:, None] == BODY_MARK

    def offers(self) -> Offers:
        """Every text that a token can stand for: alone, and with bytes from one side or the other; a record's tail at
        its end, or a head at its front; and in two parts, the second of which begins a cell, with bytes from beside.
        """
        at, stop = np.full_like(self._size, CELL_BYTES), CELL_BYTES + self._size
        lent, given, inside = self._lent >= _LESS, self._given >= _LESS, self._size > _PART
        ways = (
            (stop - _PART, stop, self._tail & inside, False, 0),
            (at, at + _PART, self._head & inside, False, 0),
            (at - _LESS, stop, lent, False, 0),
            (at, stop + _LESS[1:], given[:, 1:], False, 0),
            (at - _LESS, at + self._plus, lent & self._two, True, 0),
            (at + self._plus, stop + _LESS, given & self._two, True, 1),
        )
        found = []
        for begin, end, able, split, part in ways:
            token, first, last = _flat(begin, end, able)
            found.append(self._made(token, first, last, part=part, split=split))
        return Offers.join(found)

    def halves(self, wanted: Hashes) -> Offers:
        """Tokens that are the end of one record and the start of another, or pieces of two: cut where both are
        wanted."""
        rest = self._size - _CUT
        able = ((_CUT >= FEWEST_EQUAL) & (rest >= FEWEST_EQUAL)) | ((rest > 0) & self._head & self._tail)
        able |= (rest == 1) & self._tail & (_CUT >= FEWEST_EQUAL - 1)
        token, cut = np.nonzero(able)
        at, stop = np.full_like(token, CELL_BYTES), CELL_BYTES + self._size[token, 0]
        cut = at + _CUT[cut]
        both = inner.among(self._rows.parts(token, at, cut), wanted) & inner.among(
            self._rows.parts(token, cut, stop), wanted
        )
        token, first = np.unique(token[both], return_index=True)
        at, cut, stop = at[both][first], cut[both][first], stop[both][first]
        one = self._made(token, at, cut, part=0, split=True)
        return Offers.join([one, self._made(token, cut, stop, part=1, split=True)])

    def _made(self, token: Ints, begin: Ints, end: Ints, *, part: int, split: bool) -> Offers:
        first, last = np.maximum(begin, CELL_BYTES), np.minimum(end, CELL_BYTES + self._size[token, 0])
        return Offers(
            self._rows.parts(token, begin, end),
            token,
            np.full_like(token, part),
            end - begin,
            first - begin,
            last - first,
            self._pos[token] + first - CELL_BYTES,
            np.full(token.size, split),
        )

    def text(self, offers: Offers) -> Bytes:
        """The texts of offers, one row each, NUL behind their end."""
        begin = offers.pos - self._pos[offers.token] + CELL_BYTES - offers.left
        return _part(self._text, offers.token, begin, offers.size)


class Places:
    """What is missed at places of records."""

    def __init__(self, f: Fragments, missing: Missing) -> None:
        self._missing = missing
        self._first = np.maximum(missing.start - CELL_BYTES, 0)
        self._text = inner.content(missing.key, missing.length, self._first, 5)
        row = inner.rows(f.key << OFFSET_BITS | f.start, missing.key << OFFSET_BITS | missing.end)
        self._soft = np.where(row >= 0, f.soft_left[row], 0)
        begins = np.where(row >= 0, f.pos[row], -1)
        row = inner.rows(f.key << OFFSET_BITS | f.start + f.size, missing.key << OFFSET_BITS | missing.start)
        ends = np.where(row >= 0, (f.pos + f.size)[row], -1)
        self._lends = (begins >= 0) & (ends >= 0) & (begins - ends == self._soft)
        size = missing.end - missing.start
        theirs, most = _behind(f, ends)
        mine = _part(self._text, np.arange(len(missing)), missing.start - self._first, size)[:, :CELL_BYTES]
        self._after = _agreeing(mine == theirs, np.minimum(most[:, 0], size))
        theirs, most = _before(f, begins)
        back = np.minimum(size, CELL_BYTES)
        mine = _part(self._text, np.arange(len(missing)), missing.end - back - self._first, back)
        mine = np.take_along_axis(mine, (back[:, None] - 1 - _LESS) % CELL_BYTES, axis=1)
        self._ahead = _agreeing(mine == theirs[:, ::-1], np.minimum(most[:, 0], size))

    def wants(self) -> Wants:
        """Every text that would fill a place: what is missed, with the bytes that the record claims beside it, and less
        those that a neighbour could have there because its own are equal."""
        start, end, length = (c[:, None] for c in (self._missing.start, self._missing.end, self._missing.length))
        soft, after, ahead = self._soft[:, None], self._after[:, None], self._ahead[:, None]
        high = np.where(end < length, np.minimum(end + -end % CELL_BYTES, length - 1), end)
        loose = end - soft
        least = np.minimum(loose, np.maximum(end - ahead, start + FEWEST_EQUAL))
        more = _LESS[1:]
        ways = (
            (start - _LESS, end, start % CELL_BYTES >= _LESS),
            (start + more, end, (more <= after) & (start + more <= end - FEWEST_EQUAL)),
            (start, end + _ENDS, (end + _ENDS >= least) & (end + _ENDS <= high)),
            (start + _SOFT, loose + _SOFT, self._lends[:, None] & (soft > _SOFT)),
        )
        hashes = Rows(self._text)
        found = []
        for begin, stop, able in ways:
            row, first, last = _flat(begin, stop, able)
            tight = (first == start[row, 0]) & (last >= loose[row, 0]) & (last <= end[row, 0])
            text = hashes.parts(row, first - self._first[row], last - self._first[row])
            found.append(Wants(text, row, first, last - first, tight))
        return Wants.join(found)

    def text(self, wants: Wants) -> Bytes:
        """The texts of wants, one row each, NUL behind their end."""
        return _part(self._text, wants.missing, wants.start - self._first[wants.missing], wants.size)


def _before(f: Fragments, pos: Ints) -> tuple[Bytes, Ints]:
    """The bytes that the fragments ending at ``pos`` may give, those of a cell that they have only in part: the last
    so many, a column, of each row."""
    row = inner.rows(f.pos + f.size, pos)
    stop = (f.start + f.size)[row]
    part = np.where(row >= 0, np.minimum(stop % CELL_BYTES, f.size[row] - 1), 0)
    text = inner.content(f.key[row], f.length[row], stop - part, 1)
    return np.take_along_axis(text, (_LESS + part[:, None]) % CELL_BYTES, axis=1), part[:, None]


def _behind(f: Fragments, pos: Ints) -> tuple[Bytes, Ints]:
    """The same for the fragments starting at ``pos``, and the first so many."""
    row = inner.rows(f.pos, pos)
    part = np.where(row >= 0, np.minimum(-f.start[row] % CELL_BYTES, f.size[row] - 1), 0)
    return inner.content(f.key[row], f.length[row], f.start[row], 1), part[:, None]


def _flat(begin: Ints, end: Ints, able: Flags) -> tuple[Ints, Ints, Ints]:
    """The row, begin and end of each text, shorter than 32 bytes, that is among those able; the arguments are of shape
    (rows, ways), or go together to that."""
    size = end - begin
    row, way = np.nonzero(able & (size > 0) & (size < ATTRIBUTABLE_BYTES))
    return row, np.broadcast_to(begin, able.shape)[row, way], np.broadcast_to(end, able.shape)[row, way]


def _part(text: Bytes, row: Ints, begin: Ints, size: Ints) -> Bytes:
    """``size`` bytes of rows of text from ``begin`` on, at most 32, NUL behind them."""
    at = begin[:, None] + np.arange(ATTRIBUTABLE_BYTES)
    part: Bytes = text[row[:, None], np.minimum(at, text.shape[1] - 1)]
    part[np.arange(ATTRIBUTABLE_BYTES) >= size[:, None]] = 0
    return part


def _agreeing(equal: Flags, most: Ints) -> Ints:
    """How many bytes are equal from the first on, at ``most``."""
    count: Ints = np.minimum(np.where(equal.all(axis=1), equal.shape[1], np.argmin(equal, axis=1)), most)
    return count

"""Records of which only a part is there: why, counted as they come by, and the first of them for people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis import causes, inner
from harness.analysis.blocks import Block, Source, read
from harness.analysis.cells import HEAD_MARK, NEWLINE, SEQ_BITS, Bytes, Flags, Ints
from harness.analysis.ledger import Ledger
from harness.analysis.scan import MARGIN_BYTES
from harness.analysis.spans import Columns, Fragments

AT_ONCE_BYTES = 2**20
"""So much of a file is read for single bytes of it, at the places of as many fragments as begin in it."""
CAUSES = (
    (causes.WRITER_DIED, "it was never acknowledged, and its rest never written"),
    (causes.TWO_HOLDERS, "its critical section overlapped another writer's"),
    (causes.HOLE, "NULs stand where its other bytes should"),
    (causes.FILE_CUT, "the file ends inside it"),
    (causes.OVERWRITTEN, "bytes of another record stand where its own should"),
    (causes.CUT_SHORT, "another record begins where its other bytes should stand"),
    (causes.UNKNOWN, ""),
)
_NONE = 256
_RANK = {cause: rank for rank, (cause, _) in enumerate(reversed(CAUSES))}
"""Of several causes that a record's fragments speak for, the one of the highest rank counts."""
_BEFORE, _AFTER = np.zeros((2, _NONE + 1), np.uint8)
_BEFORE[[NEWLINE, 0]] = _RANK[causes.OVERWRITTEN], _RANK[causes.HOLE]
_AFTER[[HEAD_MARK, _NONE, 0]] = _RANK[causes.CUT_SHORT], _RANK[causes.FILE_CUT], _RANK[causes.HOLE]
"""The rank of what a byte before a fragment speaks for, and of what one behind it does."""


@dataclass(frozen=True, slots=True)
class Records(Columns):
    """Truncated records: where the parts of each begin and end; ``cause`` are indices into ``CAUSES``. int64."""

    key: Ints
    pos: Ints
    end: Ints
    cause: Ints

    @classmethod
    def empty(cls) -> "Records":
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(4)))


@dataclass(frozen=True, slots=True)
class Judged:
    """Truncated records: how many by the short key of their cause, and those that may be the first in the files."""

    counts: Counter[str]
    first: Records


class Truncated:
    """Counts by cause, and the ``limit`` records that stand first in the files, both of all that was added.

    ``last``, int64: by writer, the last record that it attempted; None without journals. Only that may be its death's.
    """

    def __init__(self, ledger: Ledger, sources: Sequence[Source], limit: int, last: Ints | None) -> None:
        self._ledger = ledger
        self._sources = sources
        self._limit = limit
        self._last = last
        self._counts: Counter[str] = Counter()
        self._first = Records.empty()

    def judged(self, fragments: Fragments) -> Judged:
        """Why these records are truncated of which all fragments are given, by record. Several threads may ask."""
        if not len(fragments):
            return Judged(Counter(), Records.empty())
        rows = np.flatnonzero(np.append(True, fragments.key[1:] != fragments.key[:-1]))
        cause = self._causes(fragments, rows)
        counts = Counter({CAUSES[row][0]: int(count) for row, count in enumerate(np.bincount(cause)) if count})
        if len(self._first) == self._limit and fragments.pos.min() >= self._first.pos.max(initial=0):
            return Judged(counts, Records.empty())
        pos = np.minimum.reduceat(fragments.pos, rows)
        end = np.maximum.reduceat(fragments.pos + fragments.size, rows)
        return Judged(counts, self._foremost(Records(fragments.key[rows], pos, end, cause)))

    def add(self, judged: Judged) -> None:
        """Take in more records."""
        self._counts.update(judged.counts)
        if len(judged.first):
            self._first = self._foremost(Records.join([self._first, judged.first]))

    def _foremost(self, records: Records) -> Records:
        return records.take(inner.order(records.pos)[: self._limit])

    def _causes(self, f: Fragments, first: Ints) -> Ints:
        """Why each of the records is truncated whose fragments begin at the rows ``first``: indices into ``CAUSES``."""
        by_place = inner.order(f.pos)
        rank = np.empty(len(f), np.uint8)
        rank[by_place] = _evidence(f.take(by_place), self._sources)
        rank = np.maximum.reduceat(rank, first)
        place = self._ledger.locate(f.key[first])
        rank[self._ledger.test("colliding", place)] = _RANK[causes.TWO_HOLDERS]
        if self._last is not None:
            last = self._last[f.key[first] >> SEQ_BITS] == f.key[first]
            rank[last & _begun(f, first) & ~self._ledger.test("acknowledged", place)] = _RANK[causes.WRITER_DIED]
        return len(CAUSES) - 1 - rank.astype(np.int64)

    def counted(self, truncated: int) -> Counter[str]:
        """Records by the short key of their cause; ``truncated`` are left in the end."""
        return causes.without(self._counts, self._counts.total() - truncated)

    def first(self) -> Records:
        """The first records, by position, without those that turned out to be there."""
        place = self._ledger.locate(self._first.key)
        there = self._ledger.test("whole", place) | self._ledger.test("complete", place)
        return self._first.take(~there)


def _evidence(f: Fragments, sources: Sequence[Source]) -> Bytes:
    """The ranks of what stands beside fragments, which are by position."""
    end, origin = f.pos + f.size, f.pos - f.start
    before, after = _neighbours(sources, f.pos, end)
    unfinished = (f.length == 0) | (f.start + f.size < f.length)
    found: Bytes = np.maximum(_BEFORE[before] * (f.start > 0), _AFTER[after] * unfinished)
    beside = np.flatnonzero((origin[1:] == origin[:-1]) & (f.key[1:] != f.key[:-1]))
    for row in (beside, beside + 1):  # two records that would begin at the same place
        found[row] = np.maximum(found[row], _RANK[causes.OVERWRITTEN])
    return found


def _begun(f: Fragments, first: Ints) -> Flags:
    """Which of the records have their first bytes, once and in one piece, and nothing more, as one whose writer died in
    between."""
    alone = np.diff(np.append(first, len(f))) == 1
    begun: Flags = alone & (f.start[first] == 0)
    return begun


def _neighbours(sources: Sequence[Source], pos: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The bytes before each of these stretches, by position, and behind them; ``_NONE`` where their file has none."""
    before, after = np.full((2, pos.size), _NONE)
    for source in sources:
        first, last = np.searchsorted(pos, (source.base, source.base + source.size)).tolist()
        if first < last and source.path.stat().st_size >= source.size:
            begins, ends = pos[first:last] - source.base, end[first:last] - source.base
            before[first:last], after[first:last] = _bytes_beside(source, begins, ends)
    return before, after


def _bytes_beside(source: Source, pos: Ints, end: Ints) -> tuple[Ints, Ints]:
    """The same of one file, of which a little is read at a time."""
    before, after = np.empty((2, pos.size), np.int64)
    buffer = bytearray()
    first = np.flatnonzero(np.diff(pos // AT_ONCE_BYTES, prepend=-1))
    for low, high in zip(first.tolist(), np.append(first[1:], pos.size).tolist(), strict=True):
        start, last = int(pos[low]), int(end[low:high].max())
        text = np.frombuffer(read(Block(source, start, last), buffer), np.uint8)
        before[low:high] = text[pos[low:high] - start + (MARGIN_BYTES - 1)]
        after[low:high] = text[end[low:high] - start + MARGIN_BYTES]
        del text  # or the buffer could not grow
    before[pos == 0] = _NONE
    after[end >= source.size] = _NONE
    return before, after

"""Records of which only a part is there: why, counted as they come by, and the first of them for people."""

import mmap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.analysis import causes, inner
from harness.analysis.blocks import Source
from harness.analysis.cells import HEAD_MARK, NEWLINE, Bytes, Flags, Ints
from harness.analysis.coverage import grouped
from harness.analysis.ledger import Ledger
from harness.analysis.spans import Columns, Fragments

PAGES_AT_ONCE_BYTES = 16 * 2**20
"""So much of a file is held while single bytes of it are read."""
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


class Truncated:
    """Counts by cause, and the ``limit`` records that stand first in the files, both of all that was added."""

    def __init__(self, ledger: Ledger, sources: Sequence[Source], limit: int, *, journals: bool) -> None:
        self._ledger = ledger
        self._sources = sources
        self._limit = limit
        self._journals = journals
        self._counts: Counter[str] = Counter()
        self._first = Records.empty()

    def add(self, fragments: Fragments) -> None:
        """Take in all fragments of some records, sorted by record."""
        if not len(fragments):
            return
        found = _judged(fragments, self._ledger, self._sources, journals=self._journals)
        counts = np.bincount(found.cause, minlength=len(CAUSES)).tolist()
        self._counts.update({key: count for (key, _), count in zip(CAUSES, counts, strict=True) if count})
        if len(self._first) == self._limit:
            found = found.take(found.pos < self._first.pos.max(initial=-1))
        first = Records.join([self._first, found])
        self._first = first.take(inner.order(first.pos)[: self._limit])

    def counted(self, truncated: int) -> Counter[str]:
        """Records by the short key of their cause; ``truncated`` are left in the end."""
        return causes.without(self._counts, self._counts.total() - truncated)

    def first(self) -> Records:
        """The first records, by position, without those that turned out to be there."""
        place = self._ledger.locate(self._first.key)
        there = self._ledger.test("whole", place) | self._ledger.test("complete", place)
        return self._first.take(~there)


def _judged(f: Fragments, ledger: Ledger, sources: Sequence[Source], *, journals: bool) -> Records:
    """The records whose fragments these are, and why each is truncated."""
    first = np.flatnonzero(np.diff(f.key, prepend=-1))
    by_place = inner.order(f.pos)
    rank = np.empty(len(f), np.uint8)
    rank[by_place] = _evidence(f.take(by_place), sources)
    rank = np.maximum.reduceat(rank, first)
    key = f.key[first]
    place = ledger.locate(key)
    rank[ledger.test("colliding", place)] = _RANK[causes.TWO_HOLDERS]
    if journals:
        rank[_begun(f) & ~ledger.test("acknowledged", place)] = _RANK[causes.WRITER_DIED]
    cause = len(CAUSES) - 1 - rank.astype(np.int64)
    return Records(key, np.minimum.reduceat(f.pos, first), np.maximum.reduceat(f.pos + f.size, first), cause)


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


def _begun(f: Fragments) -> Flags:
    """Which of the records have their first bytes and nothing behind them, as one whose writer died in between."""
    groups = grouped(f)
    gapless = np.add.reduceat((f.start > groups.reached).astype(np.int64), groups.first) == 0
    begun: Flags = gapless & ((groups.length == 0) | (groups.end < groups.length))
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
    """The same of one file. Its pages are given back as it goes along: memory is not the file's size."""
    before, after = np.full((2, pos.size), _NONE)
    window = pos // PAGES_AT_ONCE_BYTES
    first = np.flatnonzero(np.diff(window, prepend=-1))
    with source.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages:
        data = np.frombuffer(pages, np.uint8)
        for low, high in zip(first.tolist(), np.append(first[1:], pos.size).tolist(), strict=True):
            edge = int(window[low]) * PAGES_AT_ONCE_BYTES
            inside, open_ = pos[low:high] > 0, end[low:high] < source.size
            before[low:high][inside] = data[pos[low:high][inside] - 1]
            after[low:high][open_] = data[end[low:high][open_]]
            pages.madvise(mmap.MADV_DONTNEED, edge, min(PAGES_AT_ONCE_BYTES, len(pages) - edge))
        del data
    return before, after

"""Records of which only a part is there: why, counted as they come by, and the first of them for people."""

import mmap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.analysis import causes, inner
from harness.analysis.blocks import Source
from harness.analysis.cells import HEAD_MARK, NEWLINE, Flags, Ints
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
_END = 256
_NOTHING = 257


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
        for index, count in zip(*np.unique(found.cause, return_counts=True), strict=True):
            self._counts[CAUSES[index][0]] += int(count)
        first = Records.join([self._first, found.take(inner.order(found.pos)[: self._limit])])
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
    end = f.pos + f.size
    begun = np.flatnonzero(f.start > 0)
    unfinished = np.flatnonzero((f.length == 0) | (f.start + f.size < f.length))
    beside = np.concatenate([f.pos[begun], end[unfinished]])
    found = _neighbours(sources, beside, np.arange(beside.size) >= begun.size)
    before, after = np.full((2, len(f)), _NOTHING)
    before[begun], after[unfinished] = found[: begun.size], found[begun.size :]
    key = f.key[first]
    place = ledger.locate(key)
    cause = np.full(key.size, len(CAUSES) - 1)
    for index, flags in (
        (5, after == HEAD_MARK),
        (4, _in_place_of_others(f) | (before == NEWLINE)),
        (3, after == _END),
        (2, (before == 0) | (after == 0)),
    ):
        cause[np.logical_or.reduceat(flags, first)] = index
    cause[ledger.test("colliding", place)] = 1
    if journals:
        cause[_begun(f) & ~ledger.test("acknowledged", place)] = 0
    return Records(key, np.minimum.reduceat(f.pos, first), np.maximum.reduceat(end, first), cause)


def _begun(f: Fragments) -> Flags:
    """Which of the records have their first bytes and nothing behind them, as one whose writer died in between."""
    groups = grouped(f)
    gapless = np.add.reduceat((f.start > groups.reached).astype(np.int64), groups.first) == 0
    begun: Flags = gapless & ((groups.length == 0) | (groups.end < groups.length))
    return begun


def _in_place_of_others(f: Fragments) -> Flags:
    """Which fragments stand beside one of another record that would begin at the same place."""
    order = inner.order(f.pos)
    origin, key = (f.pos - f.start)[order], f.key[order]
    beside = (origin[1:] == origin[:-1]) & (key[1:] != key[:-1])
    found = np.zeros(len(f), np.bool_)
    found[order[1:]] = beside
    found[order[:-1]] |= beside
    return found


def _neighbours(sources: Sequence[Source], pos: Ints, behind: Flags) -> Ints:
    """The bytes before what begins at ``pos``, or ``behind`` what ends there; ``_END`` where its file has none."""
    found = np.full(pos.size, _END)
    for source in sources:
        if not source.size or source.path.stat().st_size < source.size:
            continue
        at = pos - source.base - ~behind
        inside = (at >= behind) & (at < source.size)
        if inside.any():
            found[inside] = _bytes_at(source.path, at[inside])
    return found


def _bytes_at(path: Path, at: Ints) -> Ints:
    """The bytes of a file at these places. Its pages are given back as it goes along: memory is not the file's size."""
    found = np.empty(at.size, np.int64)
    order = inner.order(at)
    start = int(at.min()) // PAGES_AT_ONCE_BYTES * PAGES_AT_ONCE_BYTES
    edges = np.arange(start, int(at.max()) + PAGES_AT_ONCE_BYTES, PAGES_AT_ONCE_BYTES)
    bounds = np.searchsorted(at[order], np.append(edges, edges[-1] + PAGES_AT_ONCE_BYTES))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages:
        data = np.frombuffer(pages, np.uint8)
        for edge, first, last in zip(edges.tolist(), bounds[:-1], bounds[1:], strict=True):
            rows = order[first:last]
            found[rows] = data[at[rows]]
            if rows.size:
                pages.madvise(mmap.MADV_DONTNEED, edge, min(PAGES_AT_ONCE_BYTES, len(pages) - edge))
        del data
    return found

"""Records that are not there, or only in part: what the evidence says of them, all together and one by one."""

import mmap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.analysis import causes
from harness.analysis.blocks import Source
from harness.analysis.cells import HEAD_MARK, NEWLINE, SEQ_BITS, SEQ_MASK, Ints
from harness.analysis.ledger import PAGE_RECORDS, Bits, Ledger, ones
from harness.analysis.spans import Fragments
from harness.analysis.spread import Between, Spread

RUN_RECORDS = 32
"""So many lost records in a row of one writer are a run: not chance, but a file or a buffer that went."""
PAGES_AT_ONCE_BYTES = 16 * 2**20
"""So much of a file is held while single bytes of it are read."""
_END = 256
_NOTHING = 257


@dataclass(frozen=True, slots=True)
class Run:
    """Lost records ``first`` to ``last`` of a writer, all of them."""

    writer: int
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1


def lost_bits(ledger: Ledger) -> Bits:
    """The plane of lost records: attempted and acknowledged, not superseded, and no byte of them is there."""
    bits = ledger.plane("acknowledged") & ledger.plane("attempted") & ~ledger.plane("superseded")
    return bits & ~(ledger.plane("whole") | ledger.plane("complete") | ledger.plane("seen"))


def lost_runs(ledger: Ledger, bits: Bits) -> list[Run]:
    """Runs of consecutive lost records; those of ``RUN_RECORDS`` and more."""
    runs: list[Run] = []
    pages = ledger.pages()
    order = np.argsort(pages, kind="stable")
    carried: Run | None = None
    for row in order[bits[order].any(axis=1)].tolist():
        writer, base = int(pages[row]) >> SEQ_BITS, int(pages[row]) & SEQ_MASK
        flags = np.unpackbits(bits[row], bitorder="little").astype(np.int8)
        edges = np.diff(flags, prepend=0, append=0)
        starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
        long = (ends - starts >= RUN_RECORDS - 1) | (starts == 0) | (ends == PAGE_RECORDS - 1)
        for first, last in zip(starts[long].tolist(), ends[long].tolist(), strict=True):
            run = Run(writer, base + first, base + last)
            if carried and carried.writer == writer and carried.last + 1 == run.first:
                run = Run(writer, carried.first, run.last)
            elif carried:
                runs.append(carried)
            carried = run
    runs += [carried] if carried else []
    return [run for run in runs if len(run) >= RUN_RECORDS]


def lost_causes(ledger: Ledger, runs: Sequence[Run], between: Sequence[Between]) -> Counter[str]:
    """Lost records by cause; of several that hold, the first."""
    left = lost_bits(ledger)
    counts: Counter[str] = Counter()
    for cause, bits in (
        (causes.TWO_HOLDERS, ledger.plane("colliding")),
        (causes.ROTATION, _bits_of(ledger, between)),
        (causes.RUN_MISSING, _bits_of(ledger, runs)),
        (causes.LOST_UPDATE, ledger.plane("overlapped")),
    ):
        counts[cause] = ones(left & bits)
        left &= ~bits
    counts[causes.UNKNOWN] = ones(left)
    return counts


def _bits_of(ledger: Ledger, runs: Sequence[Run | Between]) -> Bits:
    """A plane of the records in these runs."""
    bits = np.zeros_like(ledger.plane("attempted"))
    if not runs:
        return bits
    for row, page in enumerate(ledger.pages().tolist()):
        writer, base = page >> SEQ_BITS, page & SEQ_MASK
        flags = np.zeros(PAGE_RECORDS, np.bool_)
        for run in runs:
            if run.writer == writer:
                flags[max(run.first - base, 0) : max(run.last - base + 1, 0)] = True
        bits[row] = np.packbits(flags, bitorder="little")
    return bits


def lost_cause(ledger: Ledger, runs: Sequence[Run], spread: Spread, key: int) -> str:
    """The cause of one lost record, with its evidence."""
    place = ledger.locate(np.array([key]))
    if ledger.test("colliding", place)[0]:
        return f"{causes.TWO_HOLDERS}: its critical section overlapped another writer's"
    writer, seq = key >> SEQ_BITS, key & SEQ_MASK
    for one in spread.between():
        if one.writer == writer and one.first <= seq <= one.last:
            return f"{causes.ROTATION}: {spread.evidence(one)}"
    for run in runs:
        if run.writer == writer and run.first <= seq <= run.last:
            return f"{causes.RUN_MISSING}: all {len(run)} from {run.first} to {run.last}"
    if ledger.test("overlapped", place)[0]:
        return f"{causes.LOST_UPDATE}: another writer's operation overlapped its own, and nothing of it is left"
    return causes.UNKNOWN


@dataclass(frozen=True, slots=True)
class Truncated:
    """Records of which a part is there, by position; ``cause`` are indices into ``TRUNCATED_CAUSES``. int64."""

    key: Ints
    pos: Ints
    end: Ints
    cause: Ints


TRUNCATED_CAUSES = (
    (causes.WRITER_DIED, "it was never acknowledged, and its rest never written"),
    (causes.TWO_HOLDERS, "its critical section overlapped another writer's"),
    (causes.HOLE, "NULs stand where its other bytes should"),
    (causes.FILE_CUT, "the file ends inside it"),
    (causes.OVERWRITTEN, "bytes of another record stand where its own should"),
    (causes.CUT_SHORT, "another record begins where its other bytes should stand"),
    (causes.UNKNOWN, ""),
)


def truncated(f: Fragments, ledger: Ledger, sources: Sequence[Source], journals: bool) -> Truncated:
    """The truncated records whose fragments these are, sorted by record; and why each is so."""
    if not len(f):
        none = np.zeros(0, np.int64)
        return Truncated(none, none, none, none)
    first = np.flatnonzero(np.diff(f.key, prepend=-1))
    end = f.pos + f.size
    before = np.where(f.start > 0, _neighbours(sources, f.pos, -1), _NOTHING)
    unfinished = (f.length == 0) | (f.start + f.size < f.length)
    after = np.where(unfinished, _neighbours(sources, end, 0), _NOTHING)
    key = f.key[first]
    place = ledger.locate(key)
    cause = np.full(key.size, len(TRUNCATED_CAUSES) - 1)
    order = np.argsort(f.pos, kind="stable")
    same = np.zeros(len(f), np.bool_)
    origin = (f.pos - f.start)[order]
    beside = (origin[1:] == origin[:-1]) & (f.key[order][1:] != f.key[order][:-1])
    same[order[1:]] = beside
    same[order[:-1]] |= beside
    for index, flags in (
        (5, after == HEAD_MARK),
        (4, same | (before == NEWLINE)),
        (3, after == _END),
        (2, (before == 0) | (after == 0)),
    ):
        cause[np.logical_or.reduceat(flags, first)] = index
    cause[ledger.test("colliding", place)] = 1
    if journals:
        cause[~ledger.test("acknowledged", place)] = 0
    pos, last = np.minimum.reduceat(f.pos, first), np.maximum.reduceat(end, first)
    order = np.argsort(pos, kind="stable")
    return Truncated(key[order], pos[order], last[order], cause[order])


def _neighbours(sources: Sequence[Source], pos: Ints, shift: int) -> Ints:
    """The bytes at ``pos + shift``; ``_END`` where that is beyond the file that ``pos`` is in."""
    found = np.full(pos.size, _END)
    for source in sources:
        if not source.size or source.path.stat().st_size < source.size:
            continue
        at = pos - source.base + shift
        inside = (at >= 0) & (at < source.size)
        if shift >= 0:
            inside &= pos > source.base
        else:
            inside &= pos <= source.base + source.size
        if inside.any():
            found[inside] = _bytes_at(source.path, at[inside])
    return found


def _bytes_at(path: Path, at: Ints) -> Ints:
    """The bytes of a file at these places. Its pages are given back as it goes along: memory is not the file's size."""
    found = np.empty(at.size, np.int64)
    order = np.argsort(at, kind="stable")
    edges = np.arange(0, int(at.max()) + PAGES_AT_ONCE_BYTES, PAGES_AT_ONCE_BYTES)
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

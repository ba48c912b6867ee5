"""What the journals' times tell: contention, latency, throughput, fairness, mutual exclusion.

A writer does one thing at a time, so its own intervals follow one another (where a clock says
otherwise, one ends when the next begins). Then an interval overlaps one of another writer exactly when, among
all intervals by their begin, an earlier one ends behind its begin or the next begins before its end:
one sort. Journals too big for that are swept in slices of time, cut where every writer's columns are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from harness.analysis.cells import SEQ_BITS, Flags, Ints
from harness.analysis.journals import Journals
from harness.analysis.ledger import Ledger
from harness.model import Contention, Latency
from harness.trace.journal import COLUMNS

SWEEP_ROWS = 1 << 19
"""Operations that are held in memory at once."""
SAMPLES = 512
"""Operations of each writer by which time is cut into slices."""
LATENCIES = 1 << 20
"""With more operations than this, percentiles are of every so-manieth."""
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Intervals:
    """Intervals in time by their begin, of all writers; int64: ``begin``, ``end`` (ns), ``writer``, ``seq``.

    ``counted``: those that this slice has to answer for; the others are their neighbours.
    """

    begin: Ints
    end: Ints
    writer: Ints
    seq: Ints
    counted: Flags


@dataclass(frozen=True, slots=True)
class Collision:
    """A critical section that began while another writer's ran, and for how long they shared the time."""

    writer: int
    seq: int
    other_writer: int
    other_seq: int
    shared_us: float


@dataclass(frozen=True, slots=True)
class Throughput:
    """``records_per_second`` over all writers; ``fairness`` is Jain's index over each one's."""

    records_per_second: float = 0.0
    fairness: float = 0.0


def operations(journals: Journals, begin: str, end: str, rows: int = SWEEP_ROWS) -> Iterator[Intervals]:
    """The intervals between two columns, slice of time by slice of time; rows that lack the first are left out.

    An interval that never ended is left out for operations; a critical section (``leave``) that never ended
    ends at its writer's last noted time.
    """
    each = (_table(journals, writer, begin, end) for writer in journals.writers)
    tables = [table for table in each if table is not None]
    if not tables:
        return
    total = sum(table.begin.size for table in tables)
    edges = _edges(journals, tables, -(-total // rows))
    for low, high in pairwise(edges):
        yield _slice(tables, low, high)
        journals.release()


@dataclass(frozen=True, slots=True)
class _Table:
    """One writer's intervals by their begin; ``seq`` int64, or None where it is the row's number."""

    writer: int
    begin: Ints
    end: Ints
    seq: Ints | None


def _table(journals: Journals, writer: int, begin: str, end: str) -> _Table | None:
    """A writer's intervals: its columns themselves where they are in order and without holes, else a copy."""
    journal = journals[writer]
    starts, ends = journal.columns[begin][: journal.rows], journal.columns[end][: journal.rows]
    count = _rows_in_order(journals, writer, begin, end)
    if count is not None:
        return _Table(writer, starts[:count], ends[:count], None) if count else None
    wanted = starts > 0
    if end == "leave":
        times = (journal.columns[name] for name in COLUMNS if name != "length")
        ends = np.where(ends > 0, ends, max(int(column.max(initial=0)) for column in times))
    else:
        wanted &= ends > 0
    seq = np.flatnonzero(wanted)
    starts, ends = starts[seq], ends[seq]
    order = np.argsort(starts, kind="stable")
    journals.release(writer)
    return _Table(writer, starts[order], ends[order], seq[order]) if seq.size else None


def _rows_in_order(journals: Journals, writer: int, begin: str, end: str) -> int | None:
    """How many rows from the first on have both times and begin in order, when all others are empty; else None."""
    count, latest = 0, 0
    for first, (starts, ends) in journals.slices(writer, begin, end):
        filled = int(np.count_nonzero(starts))
        if filled and (first != count or starts[0] < latest):
            return None
        if (starts[:filled] <= 0).any() or (ends[:filled] <= 0).any():
            return None
        if (starts[1:filled] < starts[: max(filled - 1, 0)]).any():
            return None
        count += filled
        latest = int(starts[filled - 1]) if filled else latest
    return count


def _edges(journals: Journals, tables: list[_Table], slices: int) -> list[int]:
    """Instants between which there are about equally many intervals; the last one is beyond all."""
    if slices < 2:
        return [0, NEVER]
    parts = []
    for table in tables:
        parts.append(table.begin[:: max(table.begin.size // SAMPLES, 1)].copy())
        journals.release(table.writer)
    sample = np.sort(np.concatenate(parts))
    cuts = sample[np.arange(1, slices) * sample.size // slices]
    return [0, *np.unique(cuts).tolist(), NEVER]


def _slice(tables: list[_Table], low: int, high: int) -> Intervals:
    """The intervals that begin in ``[low, high)``, and of each writer the one before and the one behind."""
    begins, ends, writers, seqs = [], [], [], []
    for table in tables:
        inside = np.searchsorted(table.begin, [low, high])
        first, last = max(int(inside[0]) - 1, 0), min(int(inside[1]) + 1, table.begin.size)
        begin = table.begin[first:last]
        end = np.maximum(table.end[first:last], begin)
        end[:-1] = np.minimum(end[:-1], begin[1:])
        begins.append(begin)
        ends.append(end)
        writers.append(np.full(begin.size, table.writer))
        seqs.append(np.arange(first, last) if table.seq is None else table.seq[first:last])
    begin = np.concatenate(begins)
    order = np.argsort(begin, kind="stable")
    begin = begin[order]
    counted = (begin >= low) & (begin < high)
    end, writer, seq = (np.concatenate(column)[order] for column in (ends, writers, seqs))
    return Intervals(begin, end, writer, seq, counted)


def overlapping_earlier(found: Intervals) -> Flags:
    """Intervals that began while an earlier one, of another writer, still ran."""
    result = np.zeros(found.begin.size, np.bool_)
    result[1:] = np.maximum.accumulate(found.end)[:-1] > found.begin[1:]
    return result & found.counted


def overlapping(found: Intervals) -> Flags:
    """Intervals that overlap one of another writer at all."""
    result = overlapping_earlier(found)
    result[:-1] |= (found.begin[1:] < found.end[:-1]) & found.counted[:-1]
    return result


def contention(journals: Journals, ledger: Ledger) -> Contention:
    """Proof that writers collided: over acknowledged operations, and over the begins of all.

    Sets the ledger's plane ``overlapped``.
    """
    counted = hit = 0
    for found in operations(journals, "begin", "acknowledged"):
        overlaps = overlapping(found)
        counted += int(found.counted.sum())
        hit += int(overlaps.sum())
        _set(ledger, "overlapped", found, overlaps)
    starts = []
    for writer in journals.writers:
        start = NEVER
        for _, (begin,) in journals.slices(writer, "begin"):
            start = min(start, int(begin[begin > 0].min(initial=NEVER)))
        if start < NEVER:
            starts.append(start)
    skew = (max(starts) - min(starts)) / 1e3 if starts else 0.0
    return Contention(skew, hit / counted if counted else 0.0, hit)


def exclusion(journals: Journals, ledger: Ledger, limit: int) -> tuple[int | None, list[Collision]]:
    """Critical sections that overlap an earlier one of another writer: their number, and the first of them.

    None when no journal tells of critical sections. Sets the ledger's plane ``colliding``, for both sides.
    """
    count, known = 0, False
    first: list[Collision] = []
    for found in operations(journals, "enter", "leave"):
        known = True
        later = overlapping_earlier(found)
        count += int(later.sum())
        _set(ledger, "colliding", found, overlapping(found))
        for row in np.flatnonzero(later)[: max(limit - len(first), 0)].tolist():
            other = int(np.argmax(found.end[:row]))
            shared = min(found.end[row], found.end[other]) - found.begin[row]
            first.append(
                Collision(
                    int(found.writer[row]),
                    int(found.seq[row]),
                    int(found.writer[other]),
                    int(found.seq[other]),
                    shared / 1e3,
                )
            )
    return (count if known else None), first


def _set(ledger: Ledger, plane: str, found: Intervals, flags: Flags) -> None:
    if flags.any():
        ledger.set(plane, ledger.locate(found.writer[flags] << SEQ_BITS | found.seq[flags]))


def latency(journals: Journals) -> tuple[Latency, bool]:
    """Latencies of all acknowledged operations; whether only every so-manieth was taken (the maximum is exact)."""
    rows = sum(journals[writer].rows for writer in journals.writers)
    step = max(-(-rows // LATENCIES), 1)
    taken, highest = [], 0
    for writer in journals.writers:
        for _, (begin, acknowledged) in journals.slices(writer, "begin", "acknowledged"):
            took = (acknowledged - begin)[(acknowledged > 0) & (begin > 0)]
            if took.size:
                highest = max(highest, int(took.max()))
                taken.append(took[::step].copy())
    if not taken:
        return Latency(), False
    p50, p95, p99, p999 = (np.percentile(np.concatenate(taken), [50, 95, 99, 99.9]) / 1e3).tolist()
    return Latency(p50, p95, p99, p999, highest / 1e3), step > 1


def throughput(journals: Journals) -> Throughput:
    """Acknowledged records over the time from first attempt to last acknowledgement; Jain's index over writers."""
    rates, total = [], 0
    first, last = NEVER, 0
    for writer in journals.writers:
        count, start, end = 0, NEVER, 0
        for _, (begin, acknowledged) in journals.slices(writer, "begin", "acknowledged"):
            count += int(np.count_nonzero(acknowledged))
            start = min(start, int(begin[begin > 0].min(initial=NEVER)))
            end = max(end, int(acknowledged.max(initial=0)))
        rates.append(count * 1e9 / (end - start) if end > start else 0.0)
        total += count
        first, last = min(first, start), max(last, end)
    if last <= first:
        return Throughput()
    squares = sum(rate * rate for rate in rates)
    fairness = sum(rates) ** 2 / (len(rates) * squares) if squares else 0.0
    return Throughput(total * 1e9 / (last - first), fairness)

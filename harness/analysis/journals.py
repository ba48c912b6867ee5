"""The journals of a trial, read by columns: what was attempted, what was acknowledged, and when.

Files are mapped, and their pages given back after use, so that reading them costs no memory that grows
with the number of records.
"""

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.analysis.cells import SEQ_BITS, SEQ_MASK, Ints
from harness.trace.journal import COLUMNS, JournalHeader, read_header
from harness.trace.record import MAX_RECORD_BYTES, MAX_RECORDS, MAX_WRITERS, MIN_RECORD_BYTES

ROWS_AT_ONCE = 1 << 18


@dataclass(frozen=True, slots=True)
class Journal:
    """One writer's journal. ``columns``: name -> int64 array with a row for each sequence number."""

    header: JournalHeader
    mapped: mmap.mmap
    columns: dict[str, Ints]

    @property
    def rows(self) -> int:
        """Sequence numbers that it can hold."""
        return min(self.header.capacity, MAX_RECORDS)


class Journals:
    """All journals of a trial; ``writers`` in ascending order."""

    def __init__(self, journals: Sequence[Journal]) -> None:
        self._by_writer = {journal.header.writer: journal for journal in journals}
        self.writers = sorted(self._by_writer)

    def __bool__(self) -> bool:
        return bool(self.writers)

    def __getitem__(self, writer: int) -> Journal:
        return self._by_writer[writer]

    def column(self, name: str, key: Ints) -> Ints:
        """The column's value for each of these records; 0 where there is no row."""
        result = np.zeros(key.size, np.int64)
        if not key.size or not self.writers:
            return result
        writer = (key >> SEQ_BITS).astype(np.uint16)
        order = np.argsort(writer, kind="stable")
        ordered = writer[order]
        first = np.flatnonzero(np.diff(ordered, prepend=np.uint16(65535)))
        for start, end in zip(first, np.append(first[1:], key.size), strict=True):
            journal = self._by_writer.get(int(ordered[start]))
            if journal is not None:
                rows = order[start:end]
                seq = key[rows] & SEQ_MASK
                inside = seq < journal.rows
                if not inside.all():
                    rows, seq = rows[inside], seq[inside]
                result[rows] = journal.columns[name][seq]
        return result

    def length_of(self, key: Ints) -> Ints:
        """Lengths of records in bytes, 0 where the journals do not say, or what no record can be."""
        length = self.column("length", key)
        length[(length < MIN_RECORD_BYTES) | (length > MAX_RECORD_BYTES)] = 0
        return length

    def slices(self, writer: int, *names: str) -> Iterator[tuple[int, list[Ints]]]:
        """These columns of a writer's journal, in slices: first sequence number, and an array for each name."""
        journal = self._by_writer[writer]
        for start in range(0, journal.rows, ROWS_AT_ONCE):
            end = min(start + ROWS_AT_ONCE, journal.rows)
            yield start, [journal.columns[name][start:end] for name in names]
            self.release(writer)

    def release(self, *writers: int) -> None:
        """Give the memory of pages read so far back to the kernel."""
        for writer in writers or self.writers:
            journal = self._by_writer[writer]
            if journal.header.file_bytes > ROWS_AT_ONCE:
                journal.mapped.madvise(mmap.MADV_DONTNEED)


def open_journals(directory: Path | None) -> tuple[Journals, list[str]]:
    """The journals of a directory, and notes on those that cannot be read."""
    if directory is None:
        return Journals([]), []
    if not directory.is_dir():
        return Journals([]), [f"there are no journals: {directory} is not a directory"]
    found: dict[int, Journal] = {}
    notes = []
    for path in sorted(directory.glob("writer-*.journal")):
        try:
            journal = _open(path)
        except (OSError, ValueError) as problem:
            notes.append(f"a journal was left out: {problem}")
            continue
        if journal.header.writer in found or journal.header.writer >= MAX_WRITERS:
            notes.append(f"a journal was left out: {path.name} has no valid writer of its own")
            continue
        found[journal.header.writer] = journal
    return Journals(list(found.values())), notes


def _open(path: Path) -> Journal:
    header = read_header(path)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), header.file_bytes, access=mmap.ACCESS_READ)
    columns = {name: np.frombuffer(mapped, "<i8", header.capacity, header.column_offset(name)) for name in COLUMNS}
    return Journal(header, mapped, columns)

"""A document: one record that is the whole content of its file, and replaced by the next version.

Any bytes that an observer gets instead of a document are told apart by the cells in them: each says which
version it belongs to and where it should stand, so that a torn read is traced to the versions it was made of.
Standard library only: observers inspect what they read while they read on.
"""

from enum import IntEnum
from typing import NamedTuple

from harness.trace.record import CELL_BYTES, MAX_RECORDS, MAX_WRITERS, MIN_RECORD_BYTES, decode, encode

MOST_RUNS = 16
"""stretches of one state that are told apart; beyond them nobody looks"""


INITIAL_BYTES = 4096
INITIAL_VERSION = (MAX_WRITERS - 1) * MAX_RECORDS
"""the version that is there before anybody publishes, by a writer that no trial has"""


class Saw(IntEnum):
    """What one read saw."""

    WHOLE = 1
    """every byte of one version, and nothing else"""
    EMPTY = 2
    """a file without a byte"""
    PARTIAL = 3
    """a part of one version"""
    MIXED = 4
    """bytes of two versions or more"""
    FOREIGN = 5
    """bytes of no version: NULs, what no publisher wrote, or too few to tell"""
    ABSENT = 6
    """no file of that name"""
    REJECTED = 7
    """the observer refused what it found, or was refused, and said so"""


class Run(NamedTuple):
    """Bytes ``[start, end)`` of what was read: those of record ``(writer, seq)`` at that place."""

    writer: int
    seq: int
    start: int
    end: int


class State(NamedTuple):
    """What a read got: which kind of state, and the versions it is made of, in order."""

    saw: Saw
    runs: tuple[Run, ...] = ()

    @property
    def version(self) -> int:
        """The version that it starts with, -1 where that cannot be told."""
        return version_of(self.runs[0].writer, self.runs[0].seq) if self.runs else -1


def version_of(writer: int, seq: int) -> int:
    """A version as one number."""
    return writer * MAX_RECORDS + seq


def initial() -> bytes:
    """The document that is there before anybody publishes."""
    return encode(MAX_WRITERS - 1, 0, INITIAL_BYTES)


def inspect(data: bytes) -> State:
    """What these bytes are, when a document was to be read."""
    if not data:
        return State(Saw.EMPTY)
    head = decode(data[:CELL_BYTES])
    if head is not None and head.length == len(data) and data == encode(head.writer, head.seq, head.length):
        return State(Saw.WHOLE, (Run(head.writer, head.seq, 0, len(data)),))
    runs = _runs(data)
    if len({(run.writer, run.seq) for run in runs}) > 1:
        return State(Saw.MIXED, runs)
    if runs and sum(run.end - run.start for run in runs) == len(data):
        return State(Saw.PARTIAL, runs)
    return State(Saw.FOREIGN, runs)


def _runs(data: bytes) -> tuple[Run, ...]:
    """Stretches that each belong to one version; what no run covers belongs to none."""
    runs: list[Run] = []
    at = 0
    while at < len(data) and len(runs) < MOST_RUNS:
        cell = decode(data[at : at + CELL_BYTES])
        if cell is None or cell.offset != at:
            at += CELL_BYTES
            continue
        wanted = _as_long_as(len(data), cell.writer, cell.seq, cell.length)
        start, end = at, _agree_until(data, wanted, at)
        if cell.length is None and end == len(data) - 1 and data[end:] == b"\n":
            end += 1
        if runs and runs[-1].end > at:
            runs[-1] = runs[-1]._replace(end=at)
        elif runs and data[runs[-1].end : at] == wanted[runs[-1].end : at]:
            start = runs[-1].end
        runs.append(Run(cell.writer, cell.seq, start, end))
        at = max(at + CELL_BYTES, end // CELL_BYTES * CELL_BYTES)
    return tuple(runs)


def _as_long_as(size: int, writer: int, seq: int, length: int | None) -> bytes:
    """The record's bytes. Only its head and its end depend on its length, so that one unknown may be any."""
    return encode(writer, seq, length or max(size + CELL_BYTES, MIN_RECORD_BYTES))


def _agree_until(one: bytes, other: bytes, start: int) -> int:
    """The first place from ``start`` on where the two differ, or one of them ends."""
    low, high = start, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low

"""Spans: stretches of a file that belong to one record, as columns of numpy arrays.

Positions count bytes over all files of an analysis, one after the other; offsets count within a record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from harness.analysis.cells import Bytes, Flags, Ints


@dataclass(frozen=True, slots=True)
class Columns:
    """A table: every field is an array with one row per item."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of the columns."""
        names: tuple[str, ...] = cls.__slots__
        return names

    def __len__(self) -> int:
        first: Ints = getattr(self, self.names()[0])
        return int(first.shape[0])

    def take(self, rows: Ints | Flags | slice) -> Self:
        """The table of these rows: indices, a flag for each, or a slice."""
        columns = [getattr(self, name) for name in self.names()]
        if isinstance(rows, slice):
            return type(self)(*(column[rows] for column in columns))
        if rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)
        return type(self)(*(column.take(rows, axis=0) for column in columns))

    @classmethod
    def join(cls, tables: Sequence[Self]) -> Self:
        """One table of all rows; the table itself where only one has any."""
        tables = [table for table in tables if len(table)] or tables[:1]
        if len(tables) == 1:
            return tables[0]
        return cls(*(np.concatenate([getattr(t, name) for t in tables]) for name in cls.names()))


@dataclass(frozen=True, slots=True)
class Wholes(Columns):
    """Whole records standing in one piece. All int64: ``pos``, ``size`` in bytes, ``key``."""

    pos: Ints
    size: Ints
    key: Ints

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Runs(Columns):
    """Rows of whole cells. All int64: bytes ``[pos, end)``, record offset ``start`` of the first; ``length`` from
    a head cell, else 0."""

    pos: Ints
    end: Ints
    key: Ints
    start: Ints
    length: Ints

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(5)))


@dataclass(frozen=True, slots=True)
class Fragments(Columns):
    """Pieces of records. All int64.

    The piece is the bytes ``[pos, pos + size)``, which are the record's from ``start`` on. ``length`` is the
    record's, 0 where unknown. ``soft_left`` and ``soft_right``: so many more bytes beside it are as right
    for this record as they are for the neighbour on that side; neither has them yet.
    """

    pos: Ints
    size: Ints
    key: Ints
    start: Ints
    length: Ints
    soft_left: Ints
    soft_right: Ints

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(7)))


@dataclass(frozen=True, slots=True)
class Tokens(Columns):
    """Short stretches (below 32 bytes) that no cell accounts for; what adjoins them may.

    ``pos`` and ``size`` are int64; ``text`` is uint8 of shape (n, 32), padded with NUL. ``hint``, int64, is the
    key of the record that what adjoins it speaks for, else -1: a head behind the end of the record before, a
    tail in front of the head of the one that follows. ``gap``, int64 of shape (n, 2): the place where the gap
    begins that it stands in, between records and fragments, and the place where that ends.
    """

    pos: Ints
    size: Ints
    text: Bytes
    hint: Ints
    gap: Ints

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        none = np.zeros(0, np.int64)
        return cls(none, none, np.zeros((0, 32), np.uint8), none, np.zeros((0, 2), np.int64))


@dataclass(frozen=True, slots=True)
class Stretches(Columns):
    """Bytes of no record: ``pos`` and ``size``, int64."""

    pos: Ints
    size: Ints

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))

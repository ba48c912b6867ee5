"""What settling finds: records that are there, in one piece or in several, and what stays open."""

from dataclasses import dataclass, field

import numpy as np

from harness.analysis.cells import Ints
from harness.analysis.coverage import Groups
from harness.analysis.spans import Columns, Fragments, Tokens, Wholes
from harness.trace.record import CELL_BYTES

NO_PLACES = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Complete(Columns):
    """Records all of whose bytes are there. All int64.

    ``pos`` and ``end`` of all its pieces together, ``bytes`` in them, ``key``, ``tear``: where in the file the first
    piece ends, the number of ``pieces``, where its first piece of a cell or more ``stands``: shorter ones may be
    another record's; and the record's ``length``, more than which are in its pieces where some are there twice.
    """

    pos: Ints
    end: Ints
    bytes: Ints
    key: Ints
    tear: Ints
    pieces: Ints
    stands: Ints
    length: Ints

    def spans(self) -> Wholes:
        """Where they stand, from the first piece of each to its last."""
        return Wholes(self.pos, self.end - self.pos, self.key)

    @classmethod
    def empty(cls) -> "Complete":
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(8)))


@dataclass(frozen=True, slots=True)
class Tears(Columns):
    """Where complete records were torn, by record. int64: key, record offset of the tear, length of the record."""

    key: Ints
    offset: Ints
    length: Ints

    @classmethod
    def empty(cls) -> "Tears":
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Settled:
    """Records that turned out to stand in one piece: ``wholes``. Records ``complete`` in several, with their ``tears``.
    What stays open: ``fragments`` and ``tokens``; ``waits``: whether these are few, and not tried yet. Then ``fresh``,
    int64, are the places of the short pieces that just have found their record, and what they dispute is open.
    ``hopeless``: whether nothing is missed but what something foreign overwrote in place.
    """

    wholes: Wholes
    complete: Complete
    tears: Tears
    fragments: Fragments
    tokens: Tokens
    waits: bool = False
    fresh: Ints = field(default_factory=lambda: NO_PLACES)
    hopeless: bool = False


def nothing(fragments: Fragments, tokens: Tokens) -> Settled:
    """That all of these stay open."""
    return Settled(Wholes.empty(), Complete.empty(), Tears.empty(), fragments, tokens)


def in_one_piece(f: Fragments, groups: Groups) -> tuple[Wholes, Fragments]:
    """The fragments that are whole records, which were cut by the edges of blocks; and the others."""
    whole = (f.start == 0) & (f.size == groups.length[groups.of])
    if not whole.any():
        return Wholes.empty(), f
    found = f.take(whole)
    return Wholes(found.pos, found.size, found.key), f.take(~whole)


def complete_of(f: Fragments, groups: Groups) -> Complete:
    """The complete records."""
    rows = groups.complete
    if not rows.any():
        return Complete.empty()
    first, end = groups.first, f.pos + f.size
    pos = np.minimum.reduceat(f.pos, first)
    never = np.iinfo(np.int64).max
    tears = np.where(f.pos == pos[groups.of], end, never)
    stands = np.minimum.reduceat(np.where(f.size >= CELL_BYTES, f.pos, never), first)
    stands = np.where(stands < never, stands, pos)
    return Complete(
        pos[rows],
        np.maximum.reduceat(end, first)[rows],
        np.add.reduceat(f.size, first)[rows],
        f.key[first][rows],
        np.minimum.reduceat(tears, first)[rows],
        np.diff(np.append(first, len(f)))[rows],
        stands[rows],
        groups.length[rows],
    )


def tears_of(f: Fragments, groups: Groups) -> Tears:
    """The tears within the complete records: where a fragment starts that is not the record's first byte."""
    inner = groups.complete[groups.of] & (f.start > 0)
    return Tears(f.key[inner], f.start[inner], groups.length[groups.of[inner]])

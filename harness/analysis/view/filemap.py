"""The file map: each cell a stretch of the file, with its owners, its damage, and a look at its bytes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.analysis.cells import SEQ_BITS, SEQ_MASK, Bytes, Flags, Ints
from harness.analysis.view.pieces import Kind, Pieces

CELLS = 1024
"""of all files together"""
LEAST_CELL_BYTES = 32
OWNERS = 4
"""writers that are named per cell; of the others the sum"""
CLEAN_LOOK_BYTES = 48
TORN_LOOK_BYTES = 192
KINDS = tuple(kind.name.lower() for kind in Kind)


def allot(sizes: Sequence[int]) -> list[int]:
    """Cells for each file, by its size; each has at least one, and all together about ``CELLS``."""
    total = sum(sizes)
    room = max(CELLS - len(sizes), 1)
    return [1 + min(room * size // max(total, 1), max(size // LEAST_CELL_BYTES - 1, 0)) for size in sizes]


class FileMap:
    """The cells of one file, filled piece by piece in file order."""

    def __init__(self, name: str, size: int, cells: int, writers: int) -> None:
        self.name, self.size = name, size
        self.cell_bytes = max(-(-size // cells), LEAST_CELL_BYTES)
        self._cells = max(-(-size // self.cell_bytes), 1)
        self._kinds = np.zeros((self._cells, len(Kind)), np.int64)
        self._owned = np.zeros((self._cells, writers), np.int64)
        self._records = np.zeros(self._cells, np.int64)
        self._first = np.full(self._cells, -1, np.int64)
        self._last = np.full(self._cells, -1, np.int64)
        self._looks: list[dict[str, Any] | None] = [None] * self._cells
        self._torn = np.zeros(self._cells, np.bool_)

    def add(self, found: Pieces, data: Bytes, base: int) -> None:
        """The pieces of the next block, which starts at ``base`` and holds ``data``."""
        if not len(found):
            return
        step = self.cell_bytes
        edges = np.arange(-(-base // step) * step, base + data.size, step)
        cut = np.sort(np.concatenate([found.pos, edges]), kind="stable")
        cut = cut[first_of_each(cut)]
        piece = np.searchsorted(found.pos, cut, side="right") - 1
        size, cell = np.diff(np.append(cut, base + data.size)), cut // step
        self._count(found, piece, size, cell)
        self._look(found, piece, cell, data, base)

    def _count(self, found: Pieces, piece: Ints, size: Ints, cell: Ints) -> None:
        kind, key = found.kind[piece], found.key[piece]
        self._kinds += _sums(cell * len(Kind) + kind, size, self._kinds.shape)
        writer = key >> SEQ_BITS
        known = np.flatnonzero((key >= 0) & (writer < self._owned.shape[1]))
        if known.size:
            place = cell[known] * self._owned.shape[1] + writer[known]
            self._owned += _sums(place, size[known], self._owned.shape)
            at = cell[known]
            head = known[first_of_each(at)]
            new = self._first[cell[head]] < 0
            self._first[cell[head[new]]] = key[head[new]]
            tail = known[np.append(at[1:] != at[:-1], True)]
            self._last[cell[tail]] = key[tail]
        whole = found.pos[found.kind == Kind.INTACT] // self.cell_bytes
        self._records += np.bincount(whole, minlength=self._cells)

    def _look(self, found: Pieces, piece: Ints, cell: Ints, data: Bytes, base: int) -> None:
        """Keep a few bytes of each cell: around its first damage, else its first ones."""
        damaged = np.flatnonzero(found.kind[piece] != Kind.INTACT)
        first = damaged[first_of_each(cell[damaged])]
        first = first[~self._torn[cell[first]]]
        at = self._anchors(found, piece[first], cell[first])
        self._keep(found, cell[first], at - TORN_LOOK_BYTES // 2, TORN_LOOK_BYTES, data, base)
        self._torn[cell[first]] = True
        clean = np.array([one for one in cell[first_of_each(cell)].tolist() if self._looks[one] is None], np.int64)
        self._keep(found, clean, clean * self.cell_bytes, CLEAN_LOOK_BYTES, data, base)

    def _anchors(self, found: Pieces, row: Ints, cell: Ints) -> Ints:
        """The edges of damaged pieces that lie in their cells: the end, which is the tear, or else the start."""
        start, end = found.pos[row], found.pos[row] + found.size[row]
        return np.where(end < (cell + 1) * self.cell_bytes, end, np.maximum(start, cell * self.cell_bytes))

    def _keep(self, found: Pieces, cell: Ints, first: Ints, length: int, data: Bytes, base: int) -> None:
        """Keep so many bytes from ``first`` on of each of these cells, with the pieces that they are of."""
        first = np.maximum(first, base)
        last = np.minimum(first + length, base + data.size)
        low = np.searchsorted(found.pos, first, side="right") - 1
        counts = np.searchsorted(found.pos, last) - low
        ends = np.cumsum(counts)
        rows = np.arange(int(ends[-1]) if ends.size else 0) + np.repeat(low - (ends - counts), counts)
        begin, key = np.maximum(found.pos[rows], np.repeat(first, counts)), found.key[rows]
        size = np.minimum(found.pos[rows] + found.size[rows], np.repeat(last, counts)) - begin
        writer, seq = np.where(key < 0, -1, key >> SEQ_BITS), np.where(key < 0, -1, key & SEQ_MASK)
        start = found.start[rows] + (begin - found.pos[rows])
        listed = np.stack([size, found.kind[rows], writer, seq, start], axis=1).tolist()
        text = data.tobytes() if cell.size else b""
        columns = (cell, first, last, ends - counts, ends)
        for number, low_at, high_at, low_row, high_row in zip(*(one.tolist() for one in columns), strict=True):
            shown = text[low_at - base : high_at - base].decode("latin-1")
            self._looks[number] = {"offset": low_at, "text": shown, "pieces": listed[low_row:high_row]}

    def document(self) -> dict[str, Any]:
        """The map as columns with an item for each cell."""
        ranked = np.argsort(-self._owned, axis=1, kind="stable")[:, :OWNERS]
        bytes_ = np.take_along_axis(self._owned, ranked, axis=1)
        pairs = np.stack([ranked, bytes_], axis=2).tolist()
        return {
            "name": self.name,
            "bytes": self.size,
            "cell_bytes": self.cell_bytes,
            **{name: self._kinds[:, kind].tolist() for kind, name in enumerate(KINDS)},
            "records": self._records.tolist(),
            "owners": [[pair for pair in row if pair[1]] for row in pairs],
            "writers": np.count_nonzero(self._owned, axis=1).tolist(),
            "first": _named(self._first),
            "last": _named(self._last),
            "looks": self._looks,
        }


def first_of_each(ordered: Ints) -> Flags:
    """Which items differ from the one before them. Much faster than ``np.unique``, which does not know the order."""
    return np.append(np.ones(min(ordered.size, 1), np.bool_), ordered[1:] != ordered[:-1])


def _sums(place: Ints, size: Ints, shape: tuple[int, ...]) -> Ints:
    """Bytes by place; exact, since a cell holds far fewer than 2**53."""
    sums = np.bincount(place, weights=size, minlength=int(np.prod(shape)))
    return sums.astype(np.int64).reshape(shape)


def _named(key: Ints) -> list[list[int] | None]:
    """Writer and sequence number, None where there is no record."""
    pairs = np.stack([key >> SEQ_BITS, key & SEQ_MASK], axis=1).tolist()
    return [None if one < 0 else pair for one, pair in zip(key.tolist(), pairs, strict=True)]

"""What became of each record, as one byte of flags: enough to colour a map, in memory that is bounded."""

from typing import Any

import numpy as np

from harness.analysis.cells import SEQ_BITS, SEQ_MASK, Flags, Ints
from harness.analysis.journals import Journals
from harness.analysis.view.pieces import Kind, Pieces
from harness.trace.record import MAX_WRITERS

MOST_RECORDS = 1 << 27
MOST_BINS = 6400
"""of all writers together"""
ATTEMPTED, ACKNOWLEDGED, WHOLE, SEEN = 1, 2, 4, 8


class Records:
    """Flags of the records that the journals tell of."""

    def __init__(self, journals: Journals) -> None:
        self._writers = journals.writers
        self._rows = max((journals[writer].rows for writer in journals.writers), default=0)
        self.kept = 0 < len(self._writers) * self._rows <= MOST_RECORDS
        self._row_of = np.full(MAX_WRITERS, -1, np.int64)
        self._row_of[self._writers] = np.arange(len(self._writers))
        self._flags = np.zeros((len(self._writers), self._rows if self.kept else 0), np.uint8)
        if self.kept:
            for row, writer in enumerate(self._writers):
                for start, (begin, acknowledged) in journals.slices(writer, "begin", "acknowledged"):
                    part = self._flags[row, start : start + begin.size]
                    part |= ((begin != 0) | (acknowledged != 0)).astype(np.uint8)
                    part |= (acknowledged != 0).astype(np.uint8) * np.uint8(ACKNOWLEDGED)

    def judged(self, pieces: Pieces) -> Pieces:
        """The pieces with extra copies told from records, and what nobody attempted from what somebody did."""
        if not self.kept or not len(pieces):
            return pieces
        place, known = self._places(pieces.key)
        flat = self._flags.reshape(-1)
        phantom = (pieces.key >= 0) & ~(known & (flat[place] & ATTEMPTED > 0))
        whole = np.flatnonzero((pieces.kind == Kind.INTACT) & ~phantom)
        seen = np.flatnonzero((pieces.kind == Kind.FRAGMENT) & ~phantom)
        again = _repeated(place[whole]) | (flat[place[whole]] & WHOLE > 0)
        flat[place[whole]] |= WHOLE
        flat[place[seen]] |= SEEN
        pieces.kind[phantom] = Kind.FOREIGN
        pieces.kind[whole[again]] = Kind.EXTRA
        return pieces

    def _places(self, key: Ints) -> tuple[Ints, Flags]:
        """Where a record's flags are, and whether it has any."""
        row, seq = self._row_of[np.maximum(key, 0) >> SEQ_BITS], np.maximum(key, 0) & SEQ_MASK
        known = (key >= 0) & (row >= 0) & (seq < self._rows)
        return np.where(known, row * self._rows + seq, 0), known

    def state(self, writer: int, seq: int) -> str:
        """``whole``, ``torn``, ``absent``, or ``unknown`` where no flags are kept."""
        if not self.kept or not 0 <= seq < self._rows:
            return "unknown"
        flags = int(self._flags[self._row_of[writer], seq])
        return "whole" if flags & WHOLE else "torn" if flags & SEEN else "absent"

    def strips(self, left_out: list[str]) -> dict[str, Any]:
        """By writer and stretch of sequence numbers: records attempted, whole, torn, and acknowledged but absent."""
        if not self.kept:
            left_out.append("what became of each writer's records: there are too many of them, or no journals")
            return {"bin_records": 0, "writers": []}
        used = int(np.flatnonzero(self._flags.any(axis=0)).max(initial=0)) + 1
        bins = max(1, min(100, MOST_BINS // len(self._writers)))
        width = -(-used // bins)
        edges = np.arange(0, used, width)
        rows = []
        for row, writer in enumerate(self._writers):
            flags = self._flags[row, :used]
            whole, seen = flags & WHOLE > 0, flags & SEEN > 0
            absent = (flags & ACKNOWLEDGED > 0) & ~whole & ~seen
            columns = {"attempted": flags & ATTEMPTED > 0, "whole": whole, "torn": seen & ~whole, "absent": absent}
            sums = {name: np.add.reduceat(on.astype(np.int64), edges).tolist() for name, on in columns.items()}
            rows.append({"writer": writer, **sums})
        return {"bin_records": width, "writers": rows}


def _repeated(place: Ints) -> Flags:
    """Which items were there before in this array."""
    repeated = np.zeros(place.size, np.bool_)
    ordered = np.sort(place)
    if (ordered[1:] == ordered[:-1]).any():
        repeated[:] = True
        repeated[np.unique(place, return_index=True)[1]] = False
    return repeated

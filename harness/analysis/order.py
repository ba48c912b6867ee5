"""Order of records: within each writer, and in real time.

A record stands where its first byte stands; copies do not count. A record is reordered when it is below
the highest sequence number already seen from its writer. Real-time order is violated by a record that was
acknowledged before another was begun, and stands behind it: in file order, its acknowledgement lies
below the running maximum of the begins. Both need one pass.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.analysis.cells import SEQ_BITS, SEQ_MASK, Flags, Ints
from harness.analysis.journals import Journals
from harness.trace.record import MAX_WRITERS


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A record out of order: its key, the position of its first byte, and the record that it should not be behind."""

    key: int
    pos: int
    behind: int


class Order:
    """Counts of both violations, and the first of each.

    ``fresh`` tells of the last block that no record of it was there before, nor twice in it.
    """

    def __init__(self, journals: Journals, limit: int) -> None:
        self.reordered = 0
        self.violations = 0
        self.first_reordered: list[Misplaced] = []
        self.first_violations: list[Misplaced] = []
        self.fresh = True
        self._journals = journals
        self._limit = limit
        self._highest = np.full(MAX_WRITERS, -1, np.int64)
        self._latest_begin, self._latest_key = 0, -1

    def add(self, key: Ints, pos: Ints, known: Callable[[Ints], Flags]) -> None:
        """Records as they stand in the next block; ``known`` tells of keys whether earlier blocks had them."""
        if not key.size:
            self.fresh = True
            return
        order = np.argsort((key >> SEQ_BITS).astype(np.uint16), kind="stable")
        ordered = key[order]
        first = np.append(True, (ordered[1:] ^ ordered[:-1]) >> SEQ_BITS != 0)
        start = ordered[first]
        ahead = start & SEQ_MASK > self._highest[start >> SEQ_BITS]
        self.fresh = bool((np.diff(ordered) > 0).all() and ahead.all())
        if self.fresh:
            last = ordered[np.append(first[1:], True)]
            self._highest[last >> SEQ_BITS] = last & SEQ_MASK
        else:
            row = self._first_appearances(key, known)
            key, pos = key[row], pos[row]
            self._add_reordered(key, pos)
        if self._journals and key.size:
            self._add_real_time(key, pos)

    def _first_appearances(self, key: Ints, known: Callable[[Ints], Flags]) -> Ints:
        row = np.unique(key, return_index=True)[1]
        row.sort()
        return row[~known(key[row])]

    def _add_reordered(self, key: Ints, pos: Ints) -> None:
        if not key.size:
            return
        order = np.argsort((key >> SEQ_BITS).astype(np.uint16), kind="stable")
        ordered = key[order]
        before = (ordered & ~SEQ_MASK) + self._highest[ordered >> SEQ_BITS]
        reached = np.maximum.accumulate(ordered)
        same = (ordered[1:] ^ ordered[:-1]) >> SEQ_BITS == 0
        before[1:] = np.where(same, np.maximum(reached[:-1], before[1:]), before[1:])
        below = ordered < before
        np.maximum.at(self._highest, ordered >> SEQ_BITS, ordered & SEQ_MASK)
        self.reordered += int(below.sum())
        room = self._limit - len(self.first_reordered)
        if room > 0 and below.any():
            behind = np.empty_like(before)
            behind[order] = before
            for row in np.sort(order[below])[:room].tolist():
                self.first_reordered.append(Misplaced(int(key[row]), int(pos[row]), int(behind[row])))

    def _add_real_time(self, key: Ints, pos: Ints) -> None:
        begin = self._journals.column("begin", key)
        acknowledged = self._journals.column("acknowledged", key)
        self._journals.release()
        latest = np.maximum.accumulate(begin)
        before = np.empty_like(latest)
        before[0] = self._latest_begin
        np.maximum(latest[:-1], self._latest_begin, out=before[1:])
        violating = np.flatnonzero((acknowledged > 0) & (acknowledged < before))
        self.violations += violating.size
        for row in violating[: max(self._limit - len(self.first_violations), 0)].tolist():
            inside = np.flatnonzero(begin[:row] == before[row])
            behind = int(key[inside[0]]) if inside.size else self._latest_key
            self.first_violations.append(Misplaced(int(key[row]), int(pos[row]), behind))
        if latest[-1] > self._latest_begin:
            self._latest_begin = int(latest[-1])
            self._latest_key = int(key[np.argmax(begin)])

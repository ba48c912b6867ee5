"""Order of records: within each writer, and in real time.

A record stands where its first byte stands; copies do not count. A record is reordered when it is below
the highest sequence number already seen from its writer. Real-time order is violated by a record that was
acknowledged before another was begun, and stands behind it: in file order, its acknowledgement lies
below the running maximum of the begins. Both need one pass.
"""

from collections.abc import Callable

import numpy as np

from harness.analysis.cells import SEQ_BITS, SEQ_MASK, Flags, Ints
from harness.analysis.journals import Journals
from harness.trace.record import MAX_WRITERS


class Order:
    """Counts of both violations, and the keys of the first of each.

    ``fresh`` tells of the last block that no record of it was there before, nor twice in it.
    """

    def __init__(self, journals: Journals, limit: int) -> None:
        self.reordered = 0
        self.violations = 0
        self.reordered_keys: list[int] = []
        self.violation_keys: list[int] = []
        self.fresh = True
        self._journals = journals
        self._limit = limit
        self._highest = np.full(MAX_WRITERS, -1, np.int64)
        self._latest_begin = np.int64(0)

    def add(self, key: Ints, known: Callable[[Ints], Flags]) -> None:
        """Records as they stand in the next block; ``known`` tells of keys whether earlier blocks had them."""
        if not key.size:
            self.fresh = True
            return
        order = np.argsort((key >> SEQ_BITS).astype(np.uint16), kind="stable")
        ordered = key[order]
        steps = np.diff(ordered)
        first = np.append(True, (ordered[1:] ^ ordered[:-1]) >> SEQ_BITS != 0)
        writer = ordered[first] >> SEQ_BITS
        self.fresh = bool((steps > 0).all() and (ordered[first] & SEQ_MASK > self._highest[writer]).all())
        if self.fresh:
            last = np.append(first[1:], True)
            self._highest[writer] = ordered[last] & SEQ_MASK
        else:
            key = self._first_appearances(key, known)
            self._add_reordered(key)
        if self._journals:
            self._add_real_time(key)

    def _first_appearances(self, key: Ints, known: Callable[[Ints], Flags]) -> Ints:
        first = np.unique(key, return_index=True)[1]
        first.sort()
        key = key[first]
        return key[~known(key)]

    def _add_reordered(self, key: Ints) -> None:
        if not key.size:
            return
        order = np.argsort((key >> SEQ_BITS).astype(np.uint16), kind="stable")
        ordered = key[order]
        highest = self._highest[ordered >> SEQ_BITS] + (ordered & ~SEQ_MASK)
        reached = np.maximum.accumulate(np.maximum(ordered, highest))
        before = highest.copy()
        same = (ordered[1:] ^ ordered[:-1]) >> SEQ_BITS == 0
        before[1:] = np.where(same, np.maximum(reached[:-1], highest[1:]), highest[1:])
        below = ordered < before
        np.maximum.at(self._highest, ordered >> SEQ_BITS, ordered & SEQ_MASK)
        self.reordered += int(below.sum())
        if len(self.reordered_keys) < self._limit:
            self.reordered_keys += key[np.sort(order[below])].tolist()

    def _add_real_time(self, key: Ints) -> None:
        if not key.size:
            return
        begin = self._journals.column("begin", key)
        acknowledged = self._journals.column("acknowledged", key)
        self._journals.release()
        latest = np.maximum.accumulate(begin)
        before = np.empty_like(latest)
        before[0] = self._latest_begin
        np.maximum(latest[:-1], self._latest_begin, out=before[1:])
        self._latest_begin = max(self._latest_begin, latest[-1])
        violating = (acknowledged > 0) & (acknowledged < before)
        if violating.any():
            self.violations += int(violating.sum())
            if len(self.violation_keys) < self._limit:
                self.violation_keys += key[violating].tolist()

"""Fragments of records that stay open, kept small until the end, where a missing piece may still turn up.

They come in batches, in file order, each settled in itself. At the end a batch is settled once more alone, and only
records that have pieces in several batches, or dispute bytes, are settled all together. So what a fragment costs
is its packed row: nothing that is computed from fragments is computed of all of them at once.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.analysis.cells import Ints
from harness.analysis.ledger import Ledger
from harness.analysis.settle import Settled, settle
from harness.analysis.spans import Columns, Fragments, Tokens

MOST = 1 << 22
"""So many fragments are kept, 36 bytes each; beyond, the oldest batch is given up."""
MOST_TOGETHER = 1 << 20
"""So many are settled all together, some 300 bytes each."""
BATCH = 1 << 17
"""Smaller batches are joined up to this size, so that many small ones cost no more than a few."""


class Shelf:
    """Batches of fragments, packed, the oldest first. ``complete``: whether all are settled with all they belong to."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._batches: list[_Packed] = []
        self._count = 0
        self.complete = True

    def __len__(self) -> int:
        return self._count

    def add(self, fragments: Fragments) -> None:
        """Keep a batch. What was kept of its records before, and what they dispute, is settled together at the end."""
        if not len(fragments):
            return
        place = self._ledger.locate(fragments.key)
        disputed = (fragments.soft_left > 0) | (fragments.soft_right > 0)
        disputed |= self._ledger.test("shelved", place)
        self._ledger.set("scattered", place[disputed])
        self._ledger.set("shelved", place)
        self._append(fragments)

    @property
    def full(self) -> bool:
        """Whether more is kept than ``MOST``, and in more than one batch."""
        return self._count > MOST and len(self._batches) > 1

    def oldest(self) -> Fragments:
        """Take the oldest batch away, before the end."""
        self.complete = False
        first = self._batches.pop(0)
        self._count -= len(first)
        return _unpacked(first)

    def settled(self) -> Iterator[Settled]:
        """Settle everything, the scattered records together, the others batch by batch; what stays open is kept."""
        together = self._scattered()
        waiting, self._batches, self._count = deque(self._batches), [], 0
        while waiting or len(together):
            batch = together if len(together) else _unpacked(waiting.popleft())
            together = Fragments.empty()
            found = settle(batch, Tokens.empty())
            yield found
            self._append(granted(found.fragments))

    def _scattered(self) -> Fragments:
        """Take away the fragments of records that have them in several batches, or that dispute bytes.

        None, where there are more than ``MOST_TOGETHER``: who disputes with whom could not be kept together.
        """
        apart = [self._ledger.test("scattered", self._ledger.locate(batch.key)) for batch in self._batches]
        if sum(int(np.count_nonzero(flags)) for flags in apart) > MOST_TOGETHER:
            self.complete = False
            return Fragments.empty()
        found = [Fragments.empty()]
        for row, flags in enumerate(apart):
            if flags.any():
                batch = self._batches[row]
                found.append(_unpacked(batch.take(flags)))
                self._batches[row] = batch.take(~flags)
        return Fragments.join(found)

    def replace(self, rest: Callable[[Fragments], Fragments]) -> None:
        """Keep of each batch what ``rest`` returns for it."""
        batches, self._batches, self._count = deque(self._batches), [], 0
        while batches:
            self._append(rest(_unpacked(batches.popleft())))

    def _append(self, fragments: Fragments) -> None:
        if not len(fragments):
            return
        self._count += len(fragments)
        packed = _packed(fragments)
        if self._batches and len(self._batches[-1]) + len(packed) <= BATCH:
            packed = _Packed.join([self._batches.pop(), packed])
        self._batches.append(packed)

    def __iter__(self) -> Iterator[Fragments]:
        return map(_unpacked, self._batches)


def granted(f: Fragments) -> Fragments:
    """The fragments, each with the bytes that it disputes with the next one."""
    none = np.zeros(len(f), np.int64)
    return replace(f, size=f.size + f.soft_right, soft_left=none, soft_right=none)


@dataclass(frozen=True, slots=True)
class _Packed(Columns):
    """Fragments in narrower columns: only positions and keys need 64 bits. ``rest`` are the others, in their order."""

    pos: Ints
    key: Ints
    rest: NDArray[np.int32]


def _packed(f: Fragments) -> _Packed:
    rest = (f.size, f.start, f.length, f.soft_left, f.soft_right)
    return _Packed(f.pos, f.key, np.stack(rest, axis=1).astype(np.int32))


def _unpacked(f: _Packed) -> Fragments:
    size, start, length, soft_left, soft_right = f.rest.T.astype(np.int64, order="C")
    return Fragments(f.pos, size, f.key, start, length, soft_left, soft_right)

"""Fragments of records that stay open, kept small until the end, where a missing piece may still turn up.

They come in batches, in file order, each settled in itself. At the end only records that have pieces in several
batches, dispute bytes, or have some twice, are settled once more, all together. So what a fragment costs is its
packed row: nothing that is computed from fragments is computed of all of them at once.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.analysis.cells import Flags, Ints
from harness.analysis.coverage import in_order
from harness.analysis.ledger import Ledger
from harness.analysis.settle import settle
from harness.analysis.settled import Settled
from harness.analysis.spans import Columns, Fragments, Tokens

MOST = 1 << 22
"""So many fragments are kept, 36 bytes each; beyond, the oldest batch is given up."""
MOST_TOGETHER = 1 << 20
"""So many are settled all together, some 300 bytes each."""
BATCH = 1 << 16
"""Smaller batches are joined up to this size, so that many small ones cost no more than a few."""

Narrow = NDArray[np.int32]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Open(Columns):
    """Open fragments in narrower columns: only ``pos`` and ``key`` need 64 bits, the others are of 32."""

    pos: Ints
    key: Ints
    size: Narrow
    start: Narrow
    length: Narrow
    soft_left: Narrow
    soft_right: Narrow


class Shelf:
    """Batches of fragments, packed, the oldest first. ``complete``: whether all are settled with all they belong to."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._batches: list[Open] = []
        self._count = 0
        self.complete = True

    def __len__(self) -> int:
        return self._count

    def add(self, fragments: Fragments) -> None:
        """Keep a batch, settled in itself. It is settled once more at the end what was kept of its records before, what
        they dispute, and those with bytes that they have twice, which may have waited for their neighbours."""
        if not len(fragments):
            return
        f = in_order(fragments)
        place = self._ledger.locate(f.key)
        again = (f.soft_left > 0) | (f.soft_right > 0)
        again |= self._ledger.test("shelved", place)
        again[1:] |= (f.key[1:] == f.key[:-1]) & ((f.start + f.size)[:-1] > f.start[1:])
        self._ledger.set("scattered", place[again])
        self._ledger.set("shelved", place)
        self._append(f)

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
        """Settle the scattered records, all together; what stays open is kept. The others were settled before."""
        for batch in self._scattered():
            found = settle(batch, Tokens.empty())
            yield found
            self._append(granted(found.fragments))

    def _scattered(self) -> list[Fragments]:
        """Take away the fragments of those records.

        Batch by batch, where there are more than ``MOST_TOGETHER``: who disputes with whom could not be kept together.
        """
        found = []
        for row, batch in enumerate(self._batches):
            flags = self._ledger.test("scattered", self._ledger.locate(batch.key))
            if flags.any():
                found.append(_unpacked(batch.take(flags)))
                self._batches[row] = batch.take(~flags)
                self._count -= len(found[-1])
        if sum(map(len, found)) > MOST_TOGETHER:
            self.complete = False
            return found
        return [Fragments.join(found)] if found else []

    def keep(self, chosen: Callable[[Open], Flags]) -> None:
        """Keep of each batch those that are ``chosen``."""
        for row, batch in enumerate(self._batches):
            kept = chosen(batch)
            if not kept.all():
                self._batches[row] = batch.take(kept)
                self._count -= len(batch) - len(self._batches[row])

    def _append(self, fragments: Fragments) -> None:
        if not len(fragments):
            return
        self._count += len(fragments)
        packed = _packed(fragments)
        while self._batches and len(self._batches[-1]) <= min(2 * len(packed), BATCH - len(packed)):
            packed = Open.join([self._batches.pop(), packed])
        self._batches.append(packed)

    def map(self, work: Callable[[Fragments], Result], threads: int) -> Iterator[Result]:
        """What ``work`` makes of each batch, several at a time."""
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(lambda batch: work(_unpacked(batch)), self._batches)

    def __iter__(self) -> Iterator[Fragments]:
        return map(_unpacked, self._batches)


def granted(f: Fragments) -> Fragments:
    """The fragments, each with the bytes that it disputes with the next one."""
    none = np.zeros(len(f), np.int64)
    return replace(f, size=f.size + f.soft_right, soft_left=none, soft_right=none)


def _packed(f: Fragments) -> Open:
    narrow = (column.astype(np.int32) for column in (f.size, f.start, f.length, f.soft_left, f.soft_right))
    return Open(f.pos, f.key, *narrow)


def _unpacked(f: Open) -> Fragments:
    wide = (column.astype(np.int64) for column in (f.size, f.start, f.length, f.soft_left, f.soft_right))
    size, *others = wide
    return Fragments(f.pos, size, f.key, *others)

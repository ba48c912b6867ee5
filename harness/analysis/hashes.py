"""Hashes of parts of texts, many at a time: by a polynomial of each row's beginnings, any part's is one subtraction.
And numbers of neighbourhoods, which make equal texts of different ones differ."""

import numpy as np
from numpy.typing import NDArray

from harness.analysis import inner
from harness.analysis.cells import Bytes, Ints

Hashes = NDArray[np.uint64]
NONE = np.uint64(0)
"""The hash of no text."""
_BASE = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xD6E8FEB86659FD93)
_MOST = 128
"""The longest text."""


def _powers(base: int) -> Hashes:
    return np.array([pow(base, at, 1 << 64) for at in range(_MOST)], np.uint64)


_POWERS, _INVERSE = _powers(_BASE), _powers(pow(_BASE, -1, 1 << 64))


class Rows:
    """Rows of text, up to ``_MOST`` bytes each, and the hash of any part of one."""

    def __init__(self, text: Bytes) -> None:
        self._sums = np.zeros((text.shape[0], text.shape[1] + 1), np.uint64)
        with np.errstate(over="ignore"):
            np.cumsum((text + np.uint64(1)) * _INVERSE[: text.shape[1]], axis=1, out=self._sums[:, 1:])

    def parts(self, row: Ints, start: Ints, end: Ints) -> Hashes:
        """Hashes of the parts ``[start, end)`` of rows."""
        with np.errstate(over="ignore"):
            return (self._sums[row, end] - self._sums[row, start]) * _POWERS[start] * _MIX

    def hashes(self, start: Ints, end: Ints) -> Hashes:
        """Hashes of parts of all rows, of shape (rows, ways); 0 where there is none."""
        start, end = np.broadcast_arrays(start, end)
        there = (start >= 0) & (start < end) & (end < self._sums.shape[1])
        start, end = np.where(there, start, 0), np.where(there, end, 0)
        return np.where(there, self.parts(np.arange(start.shape[0])[:, None], start, end), NONE)


def neighbourhoods(one: Ints, other: Ints, wide: int) -> tuple[Hashes, Hashes]:
    """Of places of two kinds a number each, of 64 bits, the same for those of one neighbourhood: no more than ``wide``
    bytes are between one and the next."""
    places = np.concatenate([one, other])
    by_place = inner.order(places)
    apart = np.diff(places[by_place], prepend=places[by_place[:1]]) > wide
    number = np.empty(places.size, np.uint64)
    number[by_place] = np.cumsum(apart).view(np.uint64) * _MIX
    return number[: one.size], number[one.size :]

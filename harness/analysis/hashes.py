"""Hashes of parts of texts, many at a time: by a polynomial of each row's beginnings any part's is one subtraction."""

import numpy as np
from numpy.typing import NDArray

from harness.analysis.cells import Bytes, Ints

Hashes = NDArray[np.uint64]
NONE = np.uint64(0)
"""The hash of no text."""
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xD6E8FEB86659FD93)


class Rows:
    """Rows of text, and the hash of any part of one."""

    def __init__(self, text: Bytes) -> None:
        width = text.shape[1]
        self._sums = np.zeros((text.shape[0], width + 1), np.uint64)
        self._powers = np.ones(width + 1, np.uint64)
        with np.errstate(over="ignore"):
            for at in range(width):
                self._sums[:, at + 1] = self._sums[:, at] * _BASE + text[:, at] + np.uint64(1)
                self._powers[at + 1] = self._powers[at] * _BASE

    def hashes(self, start: Ints, end: Ints) -> Hashes:
        """Hashes of the parts ``[start, end)``, of shape (rows, ways); 0 where there is none."""
        start, end = np.broadcast_arrays(start, end)
        there = (start >= 0) & (start < end) & (end < self._powers.size)
        start, end = np.where(there, start, 0), np.where(there, end, 0)
        row = np.arange(start.shape[0])[:, None]
        with np.errstate(over="ignore"):
            part = self._sums[row, end] - self._sums[row, start] * self._powers[end - start]
            return np.where(there, part * _MIX, NONE)

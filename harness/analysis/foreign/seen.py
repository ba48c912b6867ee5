"""A set of sequence numbers as intervals: a log without gaps takes one, whatever its length.

Intervals stand in levels of which each is at least twice the next, merged as they grow, so that numbers in any order
cost O(n log n) in all, and 16 bytes each at worst.
"""

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_NONE = np.zeros(0, np.int64)


class Seen:
    """Numbers from 0 to 2**63 - 1."""

    __slots__ = ("_levels",)

    def __init__(self) -> None:
        self._levels: list[tuple[Ints, Ints]] = []

    def holds(self, numbers: Ints) -> Flags:
        """Which of ``numbers`` are in the set."""
        found = np.zeros(numbers.size, np.bool_)
        for low, high in self._levels:
            at = np.searchsorted(low, numbers, side="right") - 1
            found |= (at >= 0) & (numbers <= high[at])
        return found

    def add(self, numbers: Ints) -> None:
        """Add ``numbers``, which rise strictly and are not in the set yet."""
        if not numbers.size:
            return
        self._levels.append(_joined(numbers, numbers))
        while len(self._levels) > 1 and self._levels[-2][0].size < 2 * self._levels[-1][0].size:
            self._merge()

    def intervals(self) -> tuple[Ints, Ints]:
        """First and last numbers of the runs in the set, rising."""
        while len(self._levels) > 1:
            self._merge()
        return self._levels[0] if self._levels else (_NONE, _NONE)

    def _merge(self) -> None:
        (low_a, high_a), (low_b, high_b) = self._levels.pop(), self._levels.pop()
        low, high = np.concatenate((low_b, low_a)), np.concatenate((high_b, high_a))
        order = np.argsort(low, kind="stable")
        self._levels.append(_joined(low[order], high[order]))


def _joined(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Disjoint rising intervals with those that touch made one."""
    apart = np.flatnonzero(low[1:] - high[:-1] > 1) + 1
    first = np.concatenate((np.zeros(1, np.int64), apart))
    last = np.concatenate((apart - 1, np.array([low.size - 1])))
    return low[first], high[last]

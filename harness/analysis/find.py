"""Looking up many places, or keys, among many others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis.cells import Flags, Ints

Numbers = NDArray[np.integer[Any]]
_MIX = np.uint64(0x9E3779B97F4A7C15)


def among(values: Numbers, wanted: Numbers) -> Flags:
    """A flag for each of the values: whether it is among those ``wanted``, which are of the same 64 bits.

    A table of 16 bits of a hash tells most of the others apart, so that few are looked up.
    """
    found = np.zeros(values.size, np.bool_)
    if wanted.size and values.size:
        table = np.zeros(1 << 16, np.bool_)
        table[_hash(wanted)] = True
        row = np.flatnonzero(table[_hash(values)])
        ordered = np.sort(wanted)
        at = np.minimum(np.searchsorted(ordered, values[row]), ordered.size - 1)
        found[row] = ordered[at] == values[row]
    return found


def _hash(numbers: Numbers) -> NDArray[np.uint64]:
    hashed: NDArray[np.uint64] = (numbers.view(np.uint64) * _MIX) >> np.uint64(48)
    return hashed


def rows(places: Ints, wanted: Ints) -> Ints:
    """For each place that is ``wanted`` the first row of ``places`` that has it, -1 where none has."""
    able = np.flatnonzero(among(places, wanted))
    if not able.size:
        return np.full(wanted.size, -1)
    order = np.argsort(places[able], kind="stable")
    able = able[order]
    row = able[np.minimum(np.searchsorted(places[able], wanted), able.size - 1)]
    return np.where(places[row] == wanted, row, -1)

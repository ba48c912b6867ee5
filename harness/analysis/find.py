"""Looking up many places, or keys, among many others, putting them in order, and bits by place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis.cells import Flags, Ints

Bits = NDArray[np.uint8]
Numbers = NDArray[np.integer[Any]]
_MIX = np.uint64(0x9E3779B97F4A7C15)
_BIT = (1 << np.arange(8)).astype(np.uint8)


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


def order(numbers: Ints) -> Ints:
    """The rows of numbers in ascending order, equal ones as they come."""
    return np.argsort(numbers, kind="stable")


def brackets(opens: Numbers, open_pos: Ints, closes: Numbers, close_pos: Ints) -> tuple[Ints, Ints]:
    """Rows of opens and closes that match as brackets do, among those of equal value, by where they stand; an open
    before a close that stands in the same place."""
    value = np.concatenate([opens, closes])
    pos = np.concatenate([open_pos, close_pos])
    step = np.repeat([1, -1], [opens.size, closes.size])
    by_place = np.lexsort((-step, pos, value))
    depth = np.cumsum(step[by_place])
    level = np.where(step[by_place] > 0, depth, depth + 1)
    nested = np.lexsort((np.arange(by_place.size), level, value[by_place]))
    row = by_place[nested]
    follows = (step[row[:-1]] > 0) & (step[row[1:]] < 0)
    follows &= (value[row[1:]] == value[row[:-1]]) & (level[nested][1:] == level[nested][:-1])
    opening = np.flatnonzero(follows)
    opened, closed = row[opening], row[opening + 1] - opens.size
    ascending = np.argsort(opened)
    return opened[ascending], closed[ascending]


def longest(key: Ints, length: Ints) -> Ints:
    """The lengths; where one is 0 the longest of those that have the same key."""
    by_key = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[by_key], prepend=-1))
    found = np.empty_like(length)
    found[by_key] = np.repeat(np.maximum.reduceat(length[by_key], first), np.diff(np.append(first, key.size)))
    return np.where(length > 0, length, found)


def places(key: Ints, slot: NDArray[np.int32], page_bits: int) -> Ints:
    """Where the bits of records are: in the ``slot`` of the page that holds their key; -1 where it is below 0."""
    at = slot[key >> page_bits].astype(np.int64)
    return np.where(at < 0, -1, at << page_bits | (key & ((1 << page_bits) - 1)))


def marked(place: Ints, bits: Bits) -> Flags:
    """Whether the bits at these places are set; not where a place is below 0."""
    found: Flags = (bits[place >> 3] & _BIT[place & 7]) != 0
    return found & (place >= 0)


def mark(place: Ints, bits: Bits) -> None:
    """Set the bits at these places, in place, but for those below 0."""
    place = place[place >= 0]
    np.bitwise_or.at(bits, place >> 3, _BIT[place & 7])

"""Whole lines: the fast path that an undamaged file takes.

A line is taken for a record when its head cell says so, and is believed when each of its bytes is what
the head cell implies. Records of one length at a constant stride are compared column by column without
a single gathered index; others by gathering one cell of every record at a time; long ones flat.
"""

import numpy as np

from harness.analysis.cells import (
    BODY_MARK,
    HEAD_MARK,
    MARKS,
    NEWLINE,
    WORD,
    Bytes,
    Ints,
    Words,
    identify,
    place_word,
    word_view,
)
from harness.trace.record import CELL_BYTES, MAX_RECORD_BYTES, MIN_RECORD_BYTES

FLAT_BELOW = 400
"""With fewer records than this a pass over one cell of each costs more in calls than in bytes."""
_LOW_BYTES = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=WORD)


def whole_lines(data: Bytes, lo: int, hi: int) -> tuple[Ints, Ints, Ints]:
    """Position, length and key of each line in ``data[lo:hi]`` that is a whole record, in order.

    ``data`` has at least 16 bytes beyond ``hi``.
    """
    end = np.flatnonzero(data[lo:hi] == NEWLINE)
    end += lo + 1
    start = np.empty_like(end)
    if end.size:
        start[0] = lo
        start[1:] = end[:-1]
    length = end - start
    fits = (length >= MIN_RECORD_BYTES) & (length <= MAX_RECORD_BYTES)
    if not fits.all():
        start, length = start[fits], length[fits]
    return _verified(data, start, length)


def _verified(data: Bytes, start: Ints, length: Ints) -> tuple[Ints, Ints, Ints]:
    """Those of the lines whose every byte is right."""
    view = word_view(data)
    head = view[start]
    who = identify(head)
    promising = who.valid & ((head & np.uint64(0xFF)) == HEAD_MARK)
    promising &= view[start + 8] == place_word(length - 1, HEAD_MARK) ^ who.mask
    key, word, mask = who.key, head ^ MARKS, who.mask
    if not promising.all():
        start, length, key = start[promising], length[promising], key[promising]
        word, mask = word[promising], mask[promising]
    wrong = _tails(view, start, length, word, mask)
    full = (length - 1) // CELL_BYTES
    steady = start.size > 1 and _constant(length) and _constant(np.diff(start))
    if steady:
        wrong |= _columns(data, start, int(full[0]), word, mask)
    elif start.size:
        wrong |= _cells(view, start, full, word, mask)
    if wrong.any():
        right = wrong == 0
        return start[right], length[right], key[right]
    return start, length, key


def _constant(numbers: Ints) -> bool:
    return bool((numbers == numbers[0]).all())


def _tails(view: Words, start: Ints, length: Ints, word: Words, mask: Words) -> Words:
    """Non-zero where the cut-short last cell is wrong."""
    left = (length - 1) % CELL_BYTES
    offset = length - 1 - left
    at = start + offset
    wrong = (view[at] ^ word) & _LOW_BYTES[np.minimum(left, 8)]
    place = place_word(offset, BODY_MARK)
    wrong |= (view[at + 8] ^ place ^ mask) & _LOW_BYTES[np.maximum(left - 8, 0)]
    return wrong


def _columns(data: Bytes, start: Ints, full: int, word: Words, mask: Words) -> Words:
    """The same for the full body cells of records of one length at a constant stride."""
    count, stride, first = start.size, int(start[1] - start[0]), int(start[0])
    places = place_word(np.arange(full, dtype=np.int64) * CELL_BYTES, BODY_MARK)
    if count < full:
        return _rows(data, start, places, word, mask)
    wrong = np.zeros(count, dtype=WORD)
    scratch = np.empty(count, dtype=WORD)
    for cell in range(1, full):
        at = first + cell * CELL_BYTES
        column = np.ndarray((count,), WORD, data, at, (stride,))
        np.bitwise_xor(column, word, out=scratch)
        wrong |= scratch
        column = np.ndarray((count,), WORD, data, at + 8, (stride,))
        np.bitwise_xor(column, mask, out=scratch)
        scratch ^= places[cell]
        wrong |= scratch
    return wrong


def _rows(data: Bytes, start: Ints, places: Words, word: Words, mask: Words) -> Words:
    """The same for few long records."""
    shape, first = (start.size, places.size - 1), int(start[0]) + CELL_BYTES
    strides = (int(start[1] - start[0]), CELL_BYTES)
    wrong = np.ndarray(shape, WORD, data, first, strides) ^ word[:, None]
    second = np.ndarray(shape, WORD, data, first + 8, strides) ^ mask[:, None]
    second ^= places[1:]
    wrong |= second
    found: Words = np.bitwise_or.reduce(wrong, axis=1)
    return found


def _cells(view: Words, start: Ints, full: Ints, word: Words, mask: Words) -> Words:
    """The same for records anywhere, of any lengths: longest first, so that each pass takes a prefix."""
    order = np.argsort(-full, kind="stable")
    sizes = full[order]
    at, word, mask = start[order], word[order], mask[order]
    wrong = np.zeros(start.size, dtype=WORD)
    second = view[8:]
    longest = int(sizes[0])
    active = np.searchsorted(-sizes, -np.arange(longest + 1), side="left")
    places = place_word(np.arange(longest + 1, dtype=np.int64) * CELL_BYTES, BODY_MARK)
    for cell in range(1, longest):
        count = int(active[cell])
        if count < FLAT_BELOW:
            wrong[:count] |= _flat(view, at[:count], sizes[:count], cell, places, word, mask)
            break
        at = at[:count]
        at += CELL_BYTES
        found = view[at]
        found ^= word[:count]
        wrong[:count] |= found
        found = second[at]
        found ^= mask[:count]
        found ^= places[cell]
        wrong[:count] |= found
    result = np.empty_like(wrong)
    result[order] = wrong
    return result


def _flat(view: Words, at: Ints, sizes: Ints, cell: int, places: Words, word: Words, mask: Words) -> Words:
    """The same for the cells from ``cell`` on of the few longest records; ``at`` is their cell before it."""
    counts = sizes - cell
    ends = np.cumsum(counts)
    record = np.repeat(np.arange(at.size), counts)
    index = np.arange(int(ends[-1])) - (ends - counts)[record]
    place = at[record] + (index + 1) * CELL_BYTES
    wrong = view[place] ^ word[record]
    wrong |= view[place + 8] ^ mask[record] ^ places[index + cell]
    found: Words = np.bitwise_or.reduceat(wrong, ends - counts)
    return found

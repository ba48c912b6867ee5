"""Whole lines: the fast path that an undamaged file takes.

A line is taken for a record when its head cell says so, and is believed when each of its bytes is what
the head cell implies. Records of one length at a constant stride are compared column by column without
a single gathered index; others are gathered, those with equally many cells together.
"""

from itertools import pairwise

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

FLAT_BELOW_CELLS = 640
"""Fewer cells than this in records of one size are not worth calls of their own."""
ROWS_CELLS = 16384
"""So many cells are compared at a time, which fits the processor's second cache."""
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
    if steady and full[0] < start.size:
        wrong |= _columns(data, start, int(full[0]), word, mask)
    elif start.size:
        wrong |= _anywhere(data, start, full, word, mask)
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


def _anywhere(data: Bytes, start: Ints, full: Ints, word: Words, mask: Words) -> Words:
    """The same for records anywhere, of any lengths: those with equally many cells together, as rows of words."""
    wrong = np.zeros(start.size, dtype=WORD)
    order = np.argsort(full.astype(np.uint16), kind="stable")
    sizes = full[order]
    edges = np.flatnonzero(np.diff(sizes, prepend=-1, append=1 << 20))
    few = []
    for first, last in pairwise(edges.tolist()):
        rows, cells = order[first:last], int(sizes[first])
        if cells < 2:
            continue
        if rows.size * cells < FLAT_BELOW_CELLS:
            few.append(rows)
            continue
        step = max(ROWS_CELLS // cells, 1)
        for at in range(0, rows.size, step):
            part = rows[at : at + step]
            wrong[part] = _rows(data, start[part], cells, word[part], mask[part])
    if few:
        part = np.concatenate(few)
        wrong[part] = _flat(word_view(data), start[part], full[part], word[part], mask[part])
    return wrong


def _rows(data: Bytes, start: Ints, cells: int, word: Words, mask: Words) -> Words:
    """Records with equally many full cells; they are copied, row by row, which is faster than word by word."""
    width = 2 * (cells - 1)
    windows = np.ndarray((data.size - CELL_BYTES * cells, width), WORD, data, CELL_BYTES, (1, 8))
    rows = windows[start]
    places = np.zeros(width, dtype=WORD)
    places[1::2] = place_word(np.arange(1, cells) * CELL_BYTES, BODY_MARK)
    rows ^= places
    rows[:, 0::2] ^= word[:, None]
    rows[:, 1::2] ^= mask[:, None]
    found: Words = np.bitwise_or.reduce(rows, axis=1)
    return found


def _flat(view: Words, start: Ints, full: Ints, word: Words, mask: Words) -> Words:
    """Records of which few have equally many cells: all their cells in one row."""
    counts = full - 1
    ends = np.cumsum(counts)
    record = np.repeat(np.arange(start.size), counts)
    offset = (np.arange(int(ends[-1])) - (ends - counts)[record] + 1) * CELL_BYTES
    place = start[record] + offset
    wrong = view[place] ^ word[record]
    wrong |= view[place + 8] ^ mask[record] ^ place_word(offset, BODY_MARK)
    found: Words = np.bitwise_or.reduceat(wrong, ends - counts)
    return found

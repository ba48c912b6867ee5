"""Runs: rows of cells of one record, found wherever they stand, and how far what adjoins them agrees.

This is the path that damage takes. The marks ``>`` and ``+`` occur in a record only where a cell
starts, so every mark outside whole lines is tried, and adjacent cells of one record join into a run.
"""

import numpy as np

from harness.analysis.cells import (
    BODY_MARK,
    HEAD_MARK,
    NEWLINE,
    WORD,
    Bytes,
    Ints,
    Words,
    identify,
    identity_of,
    place_word,
    read_place,
    word_view,
)
from harness.analysis.spans import Runs
from harness.trace.record import CELL_BYTES, MAX_RECORD_BYTES, MIN_RECORD_BYTES

CELLS_AT_ONCE = 65536
"""More marks than this, which only a hostile input has in one piece, are tried in turns."""


def find_runs(data: Bytes, lo: int, hi: int, pos: Ints, size: Ints) -> Runs:
    """The runs in ``data[lo:hi]`` outside the whole lines at ``pos``; 16 bytes beyond ``hi`` are looked at."""
    edges = np.empty(2 * pos.size + 2, np.int64)
    edges[0], edges[-1] = lo, hi
    edges[1:-1:2], edges[2:-1:2] = pos, pos + size
    marked = np.repeat(np.arange(edges.size - 1) % 2 == 0, np.diff(edges))
    text = data[lo:hi]
    marked &= (text == HEAD_MARK) | (text == BODY_MARK)
    at = np.flatnonzero(marked)
    at += lo
    if at.size <= CELLS_AT_ONCE:
        return _join(*decode(data, at))
    parts = [decode(data, at[first : first + CELLS_AT_ONCE]) for first in range(0, at.size, CELLS_AT_ONCE)]
    return _join(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def decode(data: Bytes, at: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Position, key, offset and length (0 but for head cells) of those cells that are valid."""
    view = word_view(data)
    word = view[at]
    who = identify(word)
    head = data[at] == HEAD_MARK
    number, right = read_place(view[at + 8], head, who.mask)
    body = (number > 0) & (number % CELL_BYTES == 0) & (number < MAX_RECORD_BYTES - CELL_BYTES)
    valid = who.valid & right & np.where(head, number >= MIN_RECORD_BYTES - 1, body)
    at, number, head = at[valid], number[valid], head[valid]
    return at, who.key[valid], np.where(head, 0, number), np.where(head, number + 1, 0)


def _join(pos: Ints, key: Ints, offset: Ints, length: Ints) -> Runs:
    """Adjacent cells of one record as runs. A cell beyond the end that the head cell names starts a run of its own."""
    if not pos.size:
        return Runs.empty()
    joined = np.zeros(pos.size, np.bool_)
    joined[1:] = (np.diff(pos) == CELL_BYTES) & (np.diff(offset) == CELL_BYTES)
    joined[1:] &= key[1:] == key[:-1]
    run = np.cumsum(~joined) - 1
    first = np.flatnonzero(~joined)
    limit = length[first][run]
    beyond = joined & (limit > 0) & (offset + CELL_BYTES >= limit)
    if beyond.any():
        joined &= ~beyond
        first = np.flatnonzero(~joined)
    last = np.append(first[1:], pos.size) - 1
    return Runs(pos[first], pos[last] + CELL_BYTES, key[first], offset[first], length[first])


def room(runs: Runs, pos: Ints, size: Ints, total: int) -> tuple[Ints, Ints]:
    """How far each run may reach to the left and to the right: to other runs, to the whole lines at ``pos``, to the
    ends of the data, ``total`` bytes."""
    floor, ceiling = np.insert(runs.end[:-1], 0, 0), np.append(runs.pos[1:], total)
    if pos.size:
        following = np.searchsorted(pos, runs.pos)
        before, after = np.maximum(following - 1, 0), np.minimum(following, pos.size - 1)
        floor = np.where(following > 0, np.maximum(floor, pos[before] + size[before]), floor)
        ceiling = np.where(following < pos.size, np.minimum(ceiling, pos[after]), ceiling)
    return floor, ceiling


def to_the_right(data: Bytes, runs: Runs, ceiling: Ints, length: Ints) -> tuple[Ints, Ints]:
    """Bytes that go on beyond each run, and the lengths, where a newline tells one."""
    view = word_view(data)
    word, mask = identity_of(runs.key)
    offset = runs.start + (runs.end - runs.pos)
    room = np.minimum(ceiling - runs.end, CELL_BYTES)
    inside = np.where(length > 0, np.clip(length - 1 - offset, 0, room), room)
    place = place_word(np.minimum(offset, MAX_RECORD_BYTES - 1), BODY_MARK)
    first = view[runs.end] ^ (word | np.uint64(BODY_MARK))
    second = view[runs.end + 8] ^ place ^ mask
    agreeing = np.minimum(_leading(first, second), inside)
    ended = (length == 0) & (offset + agreeing + 1 >= MIN_RECORD_BYTES)
    ended |= offset + agreeing + 1 == length
    ended &= (agreeing < room) & (data[runs.end + agreeing] == NEWLINE)
    agreeing = agreeing + ended
    return agreeing, np.where(ended, offset + agreeing, length)


def to_the_left(data: Bytes, runs: Runs, floor: Ints, length: Ints) -> Ints:
    """Bytes that lead up to each run."""
    view = word_view(data)
    word, mask = identity_of(runs.key)
    before = np.maximum(runs.start - CELL_BYTES, 0)
    head = before == 0
    place = np.where(head, place_word(np.maximum(length - 1, 0), HEAD_MARK), place_word(before, BODY_MARK))
    mark = np.where(head, np.uint64(HEAD_MARK), np.uint64(BODY_MARK))
    first = view[runs.pos - CELL_BYTES] ^ (word | mark)
    second = view[runs.pos - 8] ^ place ^ mask
    agreeing = np.minimum(_leading(second.byteswap(), first.byteswap()), runs.pos - floor)
    return np.where((runs.start > 0) & ~(head & (length == 0)), agreeing, 0)


def _leading(first: Words, second: Words) -> Ints:
    """How many bytes are zero before the first that is not, in pairs of words, from the low end of ``first``."""
    rows = np.empty((first.size, 3), dtype=WORD)
    rows[:, 0], rows[:, 1], rows[:, 2] = first, second, np.uint64(1)
    count: Ints = np.argmax(rows.view(np.uint8) != 0, axis=1)
    return count

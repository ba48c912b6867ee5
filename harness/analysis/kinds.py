"""Gaps cut up by what their bytes can be: of a record, a hole, or foreign."""

import numpy as np

from harness.analysis.cells import HEAD_MARK, NEWLINE, OF_RECORDS, Bytes, Flags, Ints

FEWEST_BYTES = 4
"""Fewer bytes beside foreign ones are foreign, too."""
POSSIBLE, FOREIGN, NUL = range(3)
KINDS = np.where(OF_RECORDS, POSSIBLE, FOREIGN).astype(np.uint8)
KINDS[NEWLINE], KINDS[0] = POSSIBLE, NUL
"""By byte: whether it can be of a record."""


def cut_up(data: Bytes, start: Ints, size: Ints) -> tuple[Ints, Ints, Bytes]:
    """Gaps, which do not adjoin, cut after newlines, before head marks, and around NULs and what no record contains:
    position, size, kind. Foreign is too what is but a few bytes beside such."""
    if not start.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.uint8)
    ends = np.cumsum(size)
    first = ends - size
    at = np.arange(int(ends[-1])) + np.repeat(start - first, size)
    text = data[at]
    kind = KINDS[text]
    cut = text == HEAD_MARK
    cut[first] = True
    cut[1:] |= (kind[1:] != kind[:-1]) | (text[:-1] == NEWLINE)
    piece = np.flatnonzero(cut)
    found = at[piece], np.diff(np.append(piece, at.size)), kind[piece]
    return _joined(*found[:2], np.where(_amid_others(data, *found), np.uint8(FOREIGN), found[2]))


def _amid_others(data: Bytes, at: Ints, part: Ints, kind: Bytes) -> Flags:
    """Which pieces are in a stretch of a few bytes beside such as no record contains: that they might be of a record is
    chance. Not so where, between such and other records, it begins as a record does or ends as one."""
    end = at + part
    adjoining = at[1:] == end[:-1]
    stretch = np.insert(np.flatnonzero(~adjoining | (kind[1:] != kind[:-1])) + 1, 0, 0)
    last = np.append(stretch[1:], at.size) - 1
    beside = adjoining[last[:-1]]
    behind = np.append(beside & (kind[stretch[1:]] == FOREIGN), False)
    before = np.insert(beside & (kind[last[:-1]] == FOREIGN), 0, False)
    few = (kind[stretch] == POSSIBLE) & (end[last] - at[stretch] < FEWEST_BYTES) & (before | behind)
    few &= (before & behind) | ((data[at[stretch]] != HEAD_MARK) & (data[end[last] - 1] != NEWLINE))
    return np.repeat(few, last - stretch + 1)


def _joined(at: Ints, part: Ints, kind: Bytes) -> tuple[Ints, Ints, Bytes]:
    """The pieces, foreign ones that adjoin as one."""
    on = (at[1:] == (at + part)[:-1]) & (kind[1:] == FOREIGN) & (kind[:-1] == FOREIGN)
    first = np.insert(np.flatnonzero(~on) + 1, 0, 0)
    return at[first], np.add.reduceat(part, first), kind[first]

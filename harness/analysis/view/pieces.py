"""The pieces of a block: its bytes cut up, in file order, without gap or overlap, each with its owner."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from harness.analysis.cells import Bytes, Flags, Ints
from harness.analysis.scan import Scan
from harness.analysis.spans import Columns


class Kind(IntEnum):
    """What a piece is; all but the first are damage."""

    INTACT = 0
    FRAGMENT = 1
    EXTRA = 2
    HOLE = 3
    FOREIGN = 4
    SHORT = 5
    """below 32 bytes, and no cell in it: whose it is cannot be told from it alone"""


@dataclass(frozen=True, slots=True)
class Pieces(Columns):
    """All int64: file offset, bytes, key of the record (-1: of none), ``Kind``, and where in the record it starts."""

    pos: Ints
    size: Ints
    key: Ints
    kind: Ints
    start: Ints


def pieces(scan: Scan, data: Bytes, base: int) -> Pieces:
    """The pieces of a block that holds ``data`` and starts at ``base``.

    Bytes that two neighbouring fragments claim alike are given to the left one: a view settles no disputes.
    """
    wholes, fragments, tokens = scan.wholes, scan.fragments, scan.gaps.tokens
    known = Pieces(
        np.concatenate([wholes.pos, fragments.pos, tokens.pos]),
        np.concatenate([wholes.size, fragments.size + fragments.soft_right, tokens.size]),
        np.concatenate([wholes.key, fragments.key, tokens.hint]),
        np.repeat([Kind.INTACT, Kind.FRAGMENT, Kind.SHORT], [len(wholes), len(fragments), len(tokens)]),
        np.concatenate([np.zeros(len(wholes), np.int64), fragments.start, np.zeros(len(tokens), np.int64)]),
    )
    known = known.take(known.size > 0)
    known = known.take(np.argsort(known.pos, kind="stable"))
    if int(known.size.sum()) == data.size:
        return known
    whole = Pieces.join([known, _of_nobody(known, data, base)])
    return whole.take(np.argsort(whole.pos, kind="stable"))


def _of_nobody(known: Pieces, data: Bytes, base: int) -> Pieces:
    """What no piece covers, as runs of NULs and of other bytes."""
    steps = np.zeros(data.size + 1, np.int32)
    np.add.at(steps, known.pos - base, 1)
    np.add.at(steps, known.pos - base + known.size, -1)
    free: Flags = np.cumsum(steps[:-1]) == 0
    state = np.where(free, 1 + (data == 0), 0)
    first = np.flatnonzero(np.diff(state, prepend=-1))
    size = np.diff(np.append(first, data.size))
    kind = np.array([Kind.INTACT, Kind.FOREIGN, Kind.HOLE])[state[first]]
    wanted = state[first] > 0
    count = int(wanted.sum())
    nobody = np.full(count, -1, np.int64)
    return Pieces(first[wanted] + base, size[wanted], nobody, kind[wanted], np.zeros(count, np.int64))

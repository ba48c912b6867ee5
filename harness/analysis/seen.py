"""Where the records of a block stand: each where its first bytes do."""

from dataclasses import dataclass

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Ints
from harness.analysis.settled import Settled
from harness.analysis.spans import Columns, Wholes
from harness.trace.record import CELL_BYTES


@dataclass(frozen=True, slots=True)
class FirstSeen(Columns):
    """Records by position: their ``key``, and where they stand, ``pos``. Both int64. One of which several wholes stand
    in the block, or a whole and pieces, is there several times."""

    key: Ints
    pos: Ints


def first_seen(wholes: Wholes, settled: Settled) -> FirstSeen:
    """The records of a block, in order; none where there are only wholes, which tell it themselves.

    Pieces below a cell do not count: they may be another record's.
    """
    fragments, complete = settled.fragments, settled.complete
    if not (len(fragments) or len(complete) or len(settled.wholes)):
        return FirstSeen(wholes.key[:0], wholes.pos[:0])
    long = fragments.size >= CELL_BYTES
    key = np.concatenate([complete.key, fragments.key[long]])
    pos = np.concatenate([complete.stands, fragments.pos[long]])
    order = inner.order(pos)
    key, pos = key[order], pos[order]
    first = inner.rows(key, key) == np.arange(key.size)
    key = np.concatenate([wholes.key, key[first], settled.wholes.key])
    pos = np.concatenate([wholes.pos, pos[first], settled.wholes.pos])
    order = inner.order(pos)
    return FirstSeen(key[order], pos[order])

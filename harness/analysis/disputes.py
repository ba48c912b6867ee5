"""Disputes: bytes beside a tear that are right for both records, and who gets them.

Where a record was cut and another one joined on, the bytes at the joint may by chance be right for both.
They go to the one that needs them: whose next fragment starts just behind them, or whose last one
ended just before. A need on one side may rest on another dispute, whose other side has needs too.
"""

import numpy as np

from harness.analysis import inner
from harness.analysis.beside import grant, partners
from harness.analysis.cells import Flags
from harness.analysis.spans import Fragments

MOST_HOPS = 64
"""So long a chain of disputes is followed to find what is concerned by it."""


def decide(f: Fragments) -> None:
    """Settle disputes in place, see ``beside.decide``; ``f`` is by record."""
    disputed = (f.soft_right > 0) | (f.soft_left > 0)
    if not disputed.any():
        return
    rows = np.flatnonzero(inner.among(f.key, f.key[disputed]))
    part = f.take(rows)
    inner.decide(part, inner.order(part.pos))
    for column in ("pos", "size", "start", "soft_left", "soft_right"):
        getattr(f, column)[rows] = getattr(part, column)


def surrender(f: Fragments, complete: Flags) -> bool:
    """What complete records still dispute goes to their neighbours, who may need it. Returns whether there was any."""
    if not ((f.soft_right.any() or f.soft_left.any()) and complete.any()):
        return False
    partner = partners(f, inner.order(f.pos))
    left = np.flatnonzero((partner >= 0) & (complete | complete[partner]))
    all_ = np.where(complete[left], 0, f.soft_right[left])
    grant(f, left, partner[left], all_)
    return left.size > 0


def together(f: Fragments, chosen: Flags) -> Flags:
    """The chosen fragments, and all of their records, and of those with which these dispute bytes, and so on."""
    chosen = inner.among(f.key, f.key[chosen])
    if not (f.soft_right.any() or f.soft_left.any()):
        return chosen
    partner = partners(f, inner.order(f.pos))
    left = np.flatnonzero(partner >= 0)
    right = partner[left]
    for _ in range(MOST_HOPS):
        across = chosen[left] != chosen[right]
        if not across.any():
            return chosen
        chosen |= inner.among(f.key, f.key[np.concatenate([left[across], right[across]])])
    return np.ones(len(f), np.bool_)


def parted(f: Fragments, late: Flags) -> tuple[Fragments, Fragments]:
    """Early and late fragments; a dispute between the two parts is settled for the left one."""
    if f.soft_right.any() or f.soft_left.any():
        partner = partners(f, inner.order(f.pos))
        across = np.flatnonzero((partner >= 0) & (late != late[partner]))
        grant(f, across, partner[across], f.soft_right[across])
    return f.take(~late), f.take(late)


def without_others(f: Fragments, real: Flags) -> tuple[Fragments, int]:
    """The real ones, and how many bytes only others dispute. What these dispute with real ones becomes theirs."""
    kept, others = f.take(real), f.take(~real)
    sharing = kept.pos[kept.soft_left > 0]
    behind = others.pos + others.size + others.soft_right
    alone = (others.soft_right > 0) & ~inner.among(behind, sharing)
    return kept, int(others.soft_right[alone].sum())

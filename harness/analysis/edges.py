"""Short pieces that nothing tells any more, and which of them have to wait for the neighbouring blocks first.

Of few open fragments and short pieces all wait. Of many, as damage leaves them that goes on and on, those near the
edges of their block do; for the others the last look at the ends of records is the worker's, as all else.
"""

from dataclasses import dataclass, replace

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Ints
from harness.analysis.coverage import grouped, in_order, missing_places
from harness.analysis.disputes import together
from harness.analysis.ends import with_ends
from harness.analysis.settle import Around, settle
from harness.analysis.settled import NO_PLACES, Complete, Settled, Tears, nothing
from harness.analysis.spans import Fragments, Tokens, Wholes

MOST_OPEN = 1024
MOST_TOKENS = 512
"""Open fragments, and short pieces, that are tried again with those of the next block: the last ones of many, and
the first ones of that. At the end fragments find each other wherever they stand."""

FEW = 256
"""Not more short pieces of a block than this wait untried, to be tried with those of its neighbours: to try so few
takes nearly as long as to try many."""


def front(pos: Ints, most: int) -> int:
    """The position before which there are not more items than ``most``; above all where there are not so many."""
    if pos.size <= most:
        return int(np.iinfo(np.int64).max)
    first, last = int(pos.min()), int(pos.max())
    some = pos[pos <= first + 2 * (last - first) * most // pos.size]  # enough, where they are spread evenly
    return int(np.partition(some if some.size > most else pos, most)[most])


def back(pos: Ints, most: int) -> int:
    """The position behind which there are not more items than ``most``; below all where there are not so many."""
    return -1 if pos.size <= most else -front(-pos, most)


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The short ``pieces`` that had their last look, and what is ``left`` of them: foreign bytes."""

    pieces: Tokens
    left: Tokens


def without_inner(settled: Settled, gaps: Ints) -> tuple[Settled, GivenUp]:
    """A block's findings after the last look at the short pieces that stand near none of its edges."""
    if settled.waits:
        return settled, GivenUp(Tokens.empty(), Tokens.empty())
    f, tokens = settled.fragments, settled.tokens
    inside = tokens.pos >= min(front(f.pos, MOST_OPEN // 2), front(tokens.pos, MOST_TOKENS))
    inside &= tokens.pos <= max(back(f.pos, MOST_OPEN // 2), back(tokens.pos, MOST_TOKENS))
    if not inside.any():
        return settled, GivenUp(Tokens.empty(), Tokens.empty())
    pieces = tokens.take(inside)
    found = nothing(f, pieces) if settled.hopeless else last_look(f, pieces, gaps)
    settled = Settled(
        Wholes.join([settled.wholes, found.wholes]),
        Complete.join([settled.complete, found.complete]),
        Tears.join([settled.tears, found.tears]),
        found.fragments,
        tokens.take(~inside),
    )
    return settled, GivenUp(pieces, found.tokens)


def last_look(fragments: Fragments, tokens: Tokens, gaps: Ints) -> Settled:
    """What the ends of records among these tokens complete; what stays open, and what is left of the tokens.

    ``gaps``: see ``coverage.missing_places``.
    """
    if not len(fragments) or not len(tokens):
        return nothing(fragments, tokens)
    f = in_order(fragments)
    missing = missing_places(f, grouped(f), gaps)
    able = inner.among(f.key, missing.key[~missing.foreign])
    more, left = with_ends(f.take(able), tokens)
    more = Fragments.join([f.take(~able), more])
    if len(more) == len(f):
        return nothing(fragments, left)
    concerned = together(more, np.arange(len(more)) >= len(fragments))
    found = settle(more.take(concerned), left, Around(gaps, NO_PLACES))
    return replace(found, fragments=Fragments.join([more.take(~concerned), found.fragments]))

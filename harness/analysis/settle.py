"""Which records do fragments complete? Disputes between neighbours, and short stretches, are settled by that.

Works on any set of fragments: a worker settles what its block holds, and what stays open is settled
again among the open fragments of all blocks.
"""

from dataclasses import dataclass, replace

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Flags, Ints
from harness.analysis.coverage import NO_GAPS, Groups, Missing, elsewhere, grouped, in_order, merged, missing_places
from harness.analysis.cuts import recut, rejoined
from harness.analysis.disputes import MOST_HOPS, decide, surrender
from harness.analysis.ends import whole_at_home
from harness.analysis.home import overwritten
from harness.analysis.leftovers import attribute
from harness.analysis.slack import nearly
from harness.analysis.spans import Columns, Fragments, Tokens, Wholes
from harness.analysis.tokens import match, triable, tried
from harness.trace.record import ATTRIBUTABLE_BYTES, CELL_BYTES

CHAINED = 2
"""So many records beyond those beside a short piece may have to give back bytes for it."""

ROUNDS = 4
"""So often short pieces are looked at again, when others have found their records meanwhile."""


LEAST_PROGRESS = 0.01
"""When a smaller share of them has found its record it is enough."""


Within = tuple[int, int]
"""Positions, first and one past the last, between which tokens are tried that are not just what a record misses."""
EVERYWHERE: Within = (0, np.iinfo(np.int64).max)
NOWHERE: Within = (0, 0)


@dataclass(frozen=True, slots=True)
class Complete(Columns):
    """Records all of whose bytes are there. All int64.

    ``pos`` and ``end`` of all its pieces together, ``bytes`` in them, ``key``, ``tear``: where in the file the first
    piece ends, the number of ``pieces``, where its first piece of a cell or more ``stands``: shorter ones may be
    another record's; and the record's ``length``, more than which are in its pieces where some are there twice.
    """

    pos: Ints
    end: Ints
    bytes: Ints
    key: Ints
    tear: Ints
    pieces: Ints
    stands: Ints
    length: Ints

    @classmethod
    def empty(cls) -> "Complete":
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(8)))


@dataclass(frozen=True, slots=True)
class Tears(Columns):
    """Where complete records were torn, by record. int64: key, record offset of the tear, length of the record."""

    key: Ints
    offset: Ints
    length: Ints

    @classmethod
    def empty(cls) -> "Tears":
        """No rows."""
        return cls(*(np.zeros(0, np.int64) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Settled:
    """Records that turned out to stand in one piece: ``wholes``. Records ``complete`` in several, with their ``tears``.
    What stays open: ``fragments`` and ``tokens``."""

    wholes: Wholes
    complete: Complete
    tears: Tears
    fragments: Fragments
    tokens: Tokens


def nothing(fragments: Fragments, tokens: Tokens) -> Settled:
    """That all of these stay open."""
    return Settled(Wholes.empty(), Complete.empty(), Tears.empty(), fragments, tokens)


def settle(fragments: Fragments, tokens: Tokens, within: Within = EVERYWHERE, gaps: Ints = NO_GAPS) -> Settled:
    """Settle what can be settled among these fragments and tokens; outside of ``within`` tokens were tried before.

    ``gaps``: see ``coverage.missing_places``.
    """
    if not len(fragments):
        return nothing(fragments, tokens)
    fragments = in_order(merged(fragments))
    decide(fragments)
    groups = grouped(fragments)
    if len(tokens) and not groups.complete.all():
        fragments, tokens = _with_tokens(fragments, groups, tokens, within, gaps)
        groups = grouped(fragments)
    for _ in range(ROUNDS):
        if not surrender(fragments, groups.complete[groups.of]):
            break
        fragments = in_order(fragments)
        groups = grouped(fragments)
    wholes, fragments = _in_one_piece(fragments, groups)
    if not len(fragments):
        return Settled(wholes, Complete.empty(), Tears.empty(), fragments, tokens)
    if len(wholes):
        groups = grouped(fragments)
    groups = _without_lenders(fragments, groups, tokens)
    done = groups.complete[groups.of]
    return Settled(wholes, _complete(fragments, groups), _tears(fragments, groups), fragments.take(~done), tokens)


def _in_one_piece(f: Fragments, groups: Groups) -> tuple[Wholes, Fragments]:
    """The fragments that are whole records, which were cut by the edges of blocks; and the others."""
    whole = (f.start == 0) & (f.size == groups.length[groups.of])
    if not whole.any():
        return Wholes.empty(), f
    found = f.take(whole)
    return Wholes(found.pos, found.size, found.key), f.take(~whole)


def _without_lenders(f: Fragments, groups: Groups, tokens: Tokens) -> Groups:
    """The groups, where records count as open that have bytes twice of which some adjoin a token: they may be its
    own, which tells when its record is found."""
    if not len(tokens) or not groups.complete.any():
        return groups
    end = f.pos + f.size
    overlapped = (groups.of[1:] == groups.of[:-1]) & ((f.start + f.size)[:-1] > f.start[1:])
    lends = np.append(overlapped, False) & inner.among(end, tokens.pos)
    lends |= (f.start < groups.reached) & inner.among(f.pos, tokens.pos + tokens.size)
    complete = groups.complete.copy()
    complete[groups.of[lends]] = False
    return replace(groups, complete=complete)


def _with_tokens(
    fragments: Fragments, groups: Groups, tokens: Tokens, within: Within, gaps: Ints
) -> tuple[Fragments, Tokens]:
    """Fragments, and those tokens that are pieces of their records; and the tokens that are left."""
    missing = missing_places(fragments, groups, gaps)
    home, tokens = overwritten(missing, tokens, gaps)
    wanted = elsewhere(missing)
    tokens = recut(wanted, tokens)
    before = tokens.pos
    found, used = match(wanted, tokens)
    tokens = tokens.take(~used)
    if len(home) or len(found):
        fragments = in_order(Fragments.join([fragments, home, found]))
        groups = grouped(fragments)
        missing = missing_places(fragments, groups, gaps)
    concerned = _concerned(fragments, groups, missing, tokens)
    if not concerned.any():
        return fragments, tokens
    aside, fragments = fragments.take(~concerned), fragments.take(concerned)
    near = (tokens.pos >= within[0]) & (tokens.pos < within[1])
    far, tokens = tokens.take(~near), tokens.take(near)
    if len(tokens):
        fragments, tokens = _with_fitting(fragments, tokens, gaps)
    fragments = _disputing(fragments, before, len(before) - len(tokens) - len(far))
    if tried(tokens).any():
        fragments, tokens = _with_rounds(fragments, tokens, gaps)
    fragments, tokens = Fragments.join([fragments, aside]), Tokens.join([tokens, far])
    return in_order(fragments), tokens.take(inner.order(tokens.pos))


def _with_fitting(fragments: Fragments, tokens: Tokens, gaps: Ints) -> tuple[Fragments, Tokens]:
    """The same with tokens that stand where their records have them, or are nearly what those miss."""
    found, tokens = whole_at_home(fragments, tokens)
    fragments = in_order(Fragments.join([fragments, found]))
    missing, able = triable(missing_places(fragments, grouped(fragments), gaps), tokens)
    if len(missing):
        rest = np.flatnonzero(able)
        found, used = nearly(fragments, missing, tokens.take(rest))
        fragments, tokens = in_order(Fragments.join([fragments, found])), tokens.take(_without(rest[used], len(tokens)))
    return fragments, tokens.take(inner.order(tokens.pos))


def _with_rounds(fragments: Fragments, tokens: Tokens, gaps: Ints) -> tuple[Fragments, Tokens]:
    """The same with all that can be tried, again and again, as long as enough find their records."""
    told = True
    for _ in range(ROUNDS):
        missing = elsewhere(missing_places(fragments, grouped(fragments), gaps))
        before = tokens = recut(missing, rejoined(tokens))
        found, used = match(missing, tokens)
        if not (told or used.any()):
            break
        fragments, tokens = in_order(Fragments.join([fragments, found])), tokens.take(~used)
        fragments, tokens, told = _with_leftovers(fragments, tokens, gaps)
        fragments = _disputing(fragments, before.pos, len(before) - len(tokens))
        if len(tokens) > (1 - LEAST_PROGRESS) * len(before) or not len(tokens):
            break
    return fragments, tokens


def _with_leftovers(fragments: Fragments, tokens: Tokens, gaps: Ints) -> tuple[Fragments, Tokens, bool]:
    """The same with tokens that fit together with a few bytes beside them, or in part; and whether there were any."""
    missing, able = triable(missing_places(fragments, grouped(fragments), gaps), tokens)
    if not len(missing):
        return fragments, tokens, False
    more, left = attribute(fragments, missing, tokens.take(able))
    tokens = Tokens.join([tokens.take(~able), left])
    return more, tokens.take(inner.order(tokens.pos)), len(more) > len(fragments)


def _without(rows: Ints, count: int) -> Flags:
    """A flag for each of ``count`` rows, false for these."""
    kept = np.ones(count, np.bool_)
    kept[rows] = False
    return kept


def _disputing(fragments: Fragments, before: Ints, count: int) -> Fragments:
    """Fragments in order, after the disputes that ``count`` new ones, at some of the places ``before``, raise."""
    if not count:
        return fragments
    fragments = fragments.take(inner.order(fragments.pos))
    new = inner.among(fragments.pos, before) & (fragments.size < ATTRIBUTABLE_BYTES)
    inner.dispute(fragments, _reopened(fragments, new))
    fragments = in_order(merged(fragments))
    decide(fragments)
    return fragments


def _concerned(f: Fragments, groups: Groups, missing: Missing, tokens: Tokens) -> Flags:
    """Which fragments may have a part in what is still to be told: those beside tokens, those of records that miss
    bytes which were not just overwritten, and those of the records that adjoin them, whose bytes may have to change
    hands for that. ``f`` is by record."""
    order = inner.order(f.pos)
    record = groups.of[order]
    chosen = inner.among(f.key[groups.first], missing.key[~missing.taken])
    pos, end, soft = f.pos[order], (f.pos + f.size)[order], f.soft_right[order]
    chosen[record[inner.among(end, tokens.pos) | inner.among(pos, tokens.pos + tokens.size)]] = True
    adjoining = np.flatnonzero(((end + soft)[:-1] == pos[1:]) & (record[1:] != record[:-1]))
    left, right, disputed = record[adjoining], record[adjoining + 1], soft[adjoining] > 0
    for hop in range(2 * CHAINED + MOST_HOPS):
        across = (chosen[left] != chosen[right]) & (disputed | (hop < 2 * CHAINED))
        if not across.any():
            break
        chosen[left[across]] = chosen[right[across]] = True
    else:
        chosen[:] = True
    return chosen[groups.of]


def _reopened(f: Fragments, new: Flags) -> Flags:
    """Of fragments by position: which joints to look at once more, now that ``new`` short pieces are among them.

    Those beside the new pieces; and all joints of the records beside those, which may have been given bytes
    elsewhere only because they seemed not to need them.
    """
    near = new[:-1] | new[1:]
    for _ in range(CHAINED):
        touched = np.append(near, False)
        touched[1:] |= near
        concerned = inner.among(f.key, f.key[touched])
        near = concerned[:-1] | concerned[1:]
    return near


def _complete(f: Fragments, groups: Groups) -> Complete:
    """The complete records."""
    rows = groups.complete
    if not rows.any():
        return Complete.empty()
    first, end = groups.first, f.pos + f.size
    pos = np.minimum.reduceat(f.pos, first)
    never = np.iinfo(np.int64).max
    tears = np.where(f.pos == pos[groups.of], end, never)
    stands = np.minimum.reduceat(np.where(f.size >= CELL_BYTES, f.pos, never), first)
    stands = np.where(stands < never, stands, pos)
    return Complete(
        pos[rows],
        np.maximum.reduceat(end, first)[rows],
        np.add.reduceat(f.size, first)[rows],
        f.key[first][rows],
        np.minimum.reduceat(tears, first)[rows],
        np.diff(np.append(first, len(f)))[rows],
        stands[rows],
        groups.length[rows],
    )


def _tears(f: Fragments, groups: Groups) -> Tears:
    """The tears within the complete records: where a fragment starts that is not the record's first byte."""
    inner = groups.complete[groups.of] & (f.start > 0)
    return Tears(f.key[inner], f.start[inner], groups.length[groups.of[inner]])

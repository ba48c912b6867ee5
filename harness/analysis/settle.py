"""Which records do fragments complete? Disputes between neighbours, and short stretches, are settled by that.

Works on any set of fragments: a worker settles what its block holds, and what stays open is settled
again among the open fragments of all blocks.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Flags, Ints
from harness.analysis.coverage import NO_GAPS, Groups, Missing, elsewhere, grouped, in_order, merged, missing_places
from harness.analysis.cuts import recut, rejoined
from harness.analysis.disputes import MOST_HOPS, decide, surrender
from harness.analysis.ends import whole_at_home
from harness.analysis.home import overwritten
from harness.analysis.leftovers import attribute
from harness.analysis.settled import NO_PLACES, Complete, Settled, Tears, complete_of, in_one_piece, nothing, tears_of
from harness.analysis.slack import nearly
from harness.analysis.spans import Fragments, Tokens
from harness.analysis.tokens import NEAR_BYTES, match, triable
from harness.trace.record import ATTRIBUTABLE_BYTES

CHAINED = 2
"""So many records beyond those beside a short piece may have to give back bytes for it."""

WIDE = (1, 16, NEAR_BYTES, NEAR_BYTES)
"""Short pieces are tried in ever wider neighbourhoods, measured in records: many are alike, and where one fits near by,
it is that."""
ROUNDS = 4
"""So often it is looked which records have enough without the bytes that they dispute."""

JOINT_BYTES = 1 << 17
"""So far from the joint of two blocks short pieces are tried once more."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is known around fragments and tokens.

    ``gaps``: see ``coverage.missing_places``. ``joints``: the places near which tokens are tried once more, which
    were tried before; None where they were not. ``fresh``: the places of short pieces that have found their record
    before, and what they dispute was left open.
    """

    gaps: Ints = field(default_factory=lambda: NO_GAPS)
    joints: Ints | None = None
    fresh: Ints = field(default_factory=lambda: NO_PLACES)

    def untried(self, pos: Ints) -> Flags:
        """Which of the tokens at these places are to be tried."""
        if self.joints is None or not self.joints.size:
            return np.full(pos.size, self.joints is None)
        following = np.searchsorted(self.joints, pos)
        before = pos - self.joints[np.maximum(following - 1, 0)]
        behind = self.joints[np.minimum(following, self.joints.size - 1)] - pos
        near: Flags = (np.abs(before) < JOINT_BYTES) | (np.abs(behind) < JOINT_BYTES)
        return near


ALONE = Around()


def settle(fragments: Fragments, tokens: Tokens, around: Around = ALONE, *, few: int = 0) -> Settled:
    """Settle what can be settled among these fragments and tokens.

    Not more than ``few`` tokens that are not just what a record misses are left open untried, with all fragments that
    may have a part in it.
    """
    if not len(fragments):
        return nothing(fragments, tokens)
    fragments = _disputing(fragments, around.fresh)
    groups = grouped(fragments)
    told = _Told(fragments, tokens)
    if len(tokens) and not groups.complete.all():
        told = _with_tokens(fragments, groups, tokens, around, few)
        fragments, tokens = told.fragments, told.tokens
        groups = grouped(fragments)
    for _ in range(ROUNDS):
        if not surrender(fragments, groups.complete[groups.of]):
            break
        fragments = in_order(fragments)
        groups = grouped(fragments)
    wholes, fragments = in_one_piece(fragments, groups)
    if not len(fragments):
        none = Complete.empty(), Tears.empty()
        return Settled(wholes, *none, told.untried, tokens, len(told.untried) > 0, told.fresh, told.hopeless)
    if len(wholes):
        groups = grouped(fragments)
    groups = _without_lenders(fragments, groups, tokens)
    left = Fragments.join([fragments.take(~groups.complete[groups.of]), told.untried])
    complete, tears = complete_of(fragments, groups), tears_of(fragments, groups)
    return Settled(wholes, complete, tears, left, tokens, len(told.untried) > 0, told.fresh, told.hopeless)


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


@dataclass(frozen=True, slots=True)
class _Told:
    """Fragments, and those tokens that are pieces of their records; and the tokens that are left. ``untried``: the
    fragments that wait with these, apart from the others; ``fresh`` and ``hopeless``: see ``Settled``."""

    fragments: Fragments
    tokens: Tokens
    untried: Fragments = field(default_factory=Fragments.empty)
    fresh: Ints = field(default_factory=lambda: NO_PLACES)
    hopeless: bool = False


def _with_tokens(fragments: Fragments, groups: Groups, tokens: Tokens, around: Around, few: int) -> _Told:
    """See ``_Told``."""
    gaps = around.gaps
    missing = missing_places(fragments, groups, gaps)
    home, tokens = overwritten(missing, tokens)
    wanted = elsewhere(missing)
    tokens = recut(wanted, tokens)
    before = tokens.pos
    found, used = match(wanted, tokens, WIDE[0] * _usual(wanted))
    tokens = tokens.take(~used)
    if len(home) or len(found):
        fragments = in_order(Fragments.join([fragments, in_order(Fragments.join([home, found]))]))
    if len(found) or not missing.taken.all():
        groups = grouped(fragments)
        missing = missing_places(fragments, groups, gaps)
    if missing.taken.all():  # nothing stands elsewhere, but what is just that
        if len(found):
            fragments = _disputing(fragments, before)
        return _Told(fragments, tokens, hopeless=bool(missing.foreign.all()))
    concerned = _concerned(fragments, groups, missing, tokens)
    if not concerned.any():
        return _Told(fragments, tokens)
    aside, fragments = fragments.take(~concerned), fragments.take(concerned)
    near = around.untried(tokens.pos)
    far, tokens = tokens.take(~near), tokens.take(near)
    if len(tokens):
        fragments, tokens = _with_fitting(fragments, tokens, gaps)
    if 0 < len(tokens) <= few:
        return _Told(aside, tokens, fragments, fragments.pos[_among_short(fragments, before)])
    if len(tokens) + len(far) < len(before):
        fragments = _disputing(fragments, before)
    fragments, tokens = _with_rounds(fragments, tokens, gaps)
    if len(far):
        fragments, tokens = _with_far(fragments, Tokens.join([tokens, far]), gaps)
    return _Told(in_order(Fragments.join([fragments, aside])), tokens.take(inner.order(tokens.pos)))


def _with_fitting(fragments: Fragments, tokens: Tokens, gaps: Ints) -> tuple[Fragments, Tokens]:
    """The same with tokens that stand where their records have them, or are nearly what those miss."""
    found, tokens = whole_at_home(fragments, tokens)
    fragments = in_order(Fragments.join([fragments, found]))
    missing, able = triable(missing_places(fragments, grouped(fragments), gaps), tokens)
    if len(missing):
        rest = np.flatnonzero(able)
        found, used = nearly(fragments, missing, tokens.take(rest), WIDE[0] * _usual(missing))
        fragments, tokens = in_order(Fragments.join([fragments, found])), tokens.take(_without(rest[used], len(tokens)))
    return fragments, tokens.take(inner.order(tokens.pos))


def _with_rounds(fragments: Fragments, tokens: Tokens, gaps: Ints) -> tuple[Fragments, Tokens]:
    """The same with all that can be tried, in ever wider neighbourhoods; then again, if any found its record."""
    told = True
    for records in WIDE if len(tokens) else ():
        missing = elsewhere(missing_places(fragments, grouped(fragments), gaps))
        wide = records * _usual(missing)
        before = tokens = recut(missing, rejoined(tokens))
        found, used = match(missing, tokens, wide)
        if wide >= NEAR_BYTES and not (told or used.any()):
            break
        fragments, tokens = in_order(Fragments.join([fragments, found])), tokens.take(~used)
        fragments, tokens, told = _with_leftovers(fragments, tokens, gaps, wide)
        if len(tokens) < len(before):
            fragments = _disputing(fragments, before.pos)
        if not len(tokens):
            break
    return fragments, tokens


def _with_far(fragments: Fragments, tokens: Tokens, gaps: Ints) -> tuple[Fragments, Tokens]:
    """The same with those that are just what a record misses, wherever they stand."""
    tokens = tokens.take(inner.order(tokens.pos))
    found, used = match(elsewhere(missing_places(fragments, grouped(fragments), gaps)), tokens, NEAR_BYTES)
    if len(found):
        fragments = _disputing(in_order(Fragments.join([fragments, found])), found.pos)
    return fragments, tokens.take(~used)


def _usual(missing: Missing) -> int:
    """The usual length of the records."""
    return int(np.median(missing.length)) if len(missing) else 1


def _with_leftovers(fragments: Fragments, tokens: Tokens, gaps: Ints, wide: int) -> tuple[Fragments, Tokens, bool]:
    """The same with tokens that fit together with a few bytes beside them, or in part, in one neighbourhood; and
    whether to look once more."""
    missing, able = triable(missing_places(fragments, grouped(fragments), gaps), tokens)
    if not len(missing):
        return fragments, tokens, False
    more, left = attribute(fragments, missing, tokens.take(able), wide)
    tokens = Tokens.join([tokens.take(~able), left])
    return more, tokens.take(inner.order(tokens.pos)), wide < NEAR_BYTES or len(more) > len(fragments)


def _without(rows: Ints, count: int) -> Flags:
    """A flag for each of ``count`` rows, false for these."""
    kept = np.ones(count, np.bool_)
    kept[rows] = False
    return kept


def _disputing(fragments: Fragments, before: Ints) -> Fragments:
    """Fragments in order, after the disputes that new ones, at some of the places ``before``, raise."""
    if before.size:
        fragments = fragments.take(inner.order(fragments.pos))
        inner.dispute(fragments, _reopened(fragments, _among_short(fragments, before)))
    fragments = in_order(merged(fragments))
    decide(fragments)
    return fragments


def _among_short(f: Fragments, places: Ints) -> Flags:
    """Which fragments are short, and stand at one of these places."""
    short: Flags = inner.among(f.pos, places) & (f.size < ATTRIBUTABLE_BYTES)
    return short


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

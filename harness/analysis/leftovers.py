"""Tokens that fit nothing exactly, tried once more before they are given up as foreign.

A token that stands for a text which a record misses, with a few bytes of the fragments beside it or in part, is that
record's (``texts`` says which they are). Where more records miss a text than there is of it, none of them gets it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Ints
from harness.analysis.coverage import TELLING_BYTES, Missing
from harness.analysis.hashes import neighbourhoods
from harness.analysis.spans import Fragments, Tokens
from harness.analysis.texts import Offers, Pieces, Places, Wants
from harness.analysis.tokens import NEAR_BYTES, same_text
from harness.trace.record import ATTRIBUTABLE_BYTES, CELL_BYTES

MOST_TRIED = 8192
"""With more tokens than this at a time nothing is tried: damage is beyond telling short pieces."""


class _Offer(NamedTuple):
    """A row of ``Offers``."""

    row: int
    text: int
    token: int
    part: int
    pos: int


class _Want(NamedTuple):
    """A row of ``Wants``; ``near`` is where in the file it is missed."""

    row: int
    text: int
    size: int
    missing: int
    near: int


def attribute(f: Fragments, missing: Missing, tokens: Tokens, wide: int) -> tuple[Fragments, Tokens]:
    """The fragments, and more of them made of tokens; and the tokens that are left. Short ones only with
    those of one neighbourhood, where there is enough of a text for each record that misses it."""
    missing = missing.take(missing.end - missing.start < ATTRIBUTABLE_BYTES + CELL_BYTES)
    if not len(missing) or not 0 < len(tokens) <= MOST_TRIED:
        return f, tokens
    pieces, places = Pieces(f, tokens), Places(f, missing)
    wants = places.wants()
    halves = pieces.halves(wants.text[wants.tight])
    offers = pieces.offers()
    offers = Offers.join([offers.take(inner.among(offers.text, wants.text)), halves])
    mine, theirs = neighbourhoods(tokens.pos, missing.near, wide)
    offers = replace(offers, text=offers.text ^ np.where(offers.size < TELLING_BYTES, mine[offers.token], 0))
    wants = replace(wants, text=wants.text ^ np.where(wants.size < TELLING_BYTES, theirs[wants.missing], 0))
    able = inner.among(offers.text, wants.text)
    able[len(offers) - len(halves) :] = True
    offers = offers.take(able)
    whole = len(offers) - len(halves)
    wants = wants.take(inner.among(wants.text, offers.text))
    offer, want = _matched(offers, wants, missing.near, whole)
    same = same_text(pieces.text(offers.take(offer)), places.text(wants.take(want)))
    return _applied(f, missing, tokens, offers.take(offer[same]), wants.take(want[same]))


def _matched(offers: Offers, wants: Wants, near: Ints, whole: int) -> tuple[Ints, Ints]:
    """Rows of offers, of which those from ``whole`` on are halves, and of wants that belong together: first what fits
    best."""
    half = np.arange(len(offers)) >= whole
    plain, parts, halves = ~offers.split & ~half, offers.split & ~half, half
    every = np.ones(len(wants), np.bool_)
    rows = np.zeros((0, 2), np.int64)
    for some, able in ((plain, wants.tight), (halves, wants.tight), (plain, every), (parts, every)):
        free = np.flatnonzero(some & ~inner.among(offers.token, offers.token[rows[:, 0]]))
        open_ = np.flatnonzero(able & ~inner.among(wants.missing, wants.missing[rows[:, 1]]))
        free = free[inner.among(offers.text[free], wants.text[open_])]
        open_ = open_[inner.among(wants.text[open_], offers.text[free])]
        rows = np.concatenate([rows, _unique(_offers(offers, free), _wants(wants, near, open_))])
    return rows[:, 0], rows[:, 1]


def _offers(offers: Offers, rows: Ints) -> Iterator[_Offer]:
    columns = offers.text.view(np.int64), offers.token, offers.part, offers.pos
    return map(_Offer._make, zip(rows.tolist(), *(column[rows].tolist() for column in columns), strict=True))


def _wants(wants: Wants, near: Ints, rows: Ints) -> Iterator[_Want]:
    columns = wants.text.view(np.int64), wants.size, wants.missing, near[wants.missing]
    return map(_Want._make, zip(rows.tolist(), *(column[rows].tolist() for column in columns), strict=True))


def _unique(offers: Iterable[_Offer], wants: Iterable[_Want]) -> Ints:
    """Rows of offers and wants, a pair each, of equal text, longest first, where there is enough of it for every record
    that misses it."""
    by_text: dict[int, list[_Offer]] = defaultdict(list)
    for offer in offers:
        by_text[offer.text].append(offer)
    wanted: dict[int, list[_Want]] = defaultdict(list)
    for want in wants:
        wanted[want.text].append(want)
    used: set[tuple[int, int]] = set()
    filled: set[int] = set()
    found = []
    for text in sorted(wanted, key=lambda text: -wanted[text][0].size):
        able = {(offer.token, offer.part): offer for offer in by_text[text] if (offer.token, offer.part) not in used}
        needy = {want.missing: want for want in wanted[text] if want.missing not in filled}
        if len(able) < len(needy):
            continue
        by_place = sorted(needy.values(), key=lambda want: want.near)
        for offer, want in zip(sorted(able.values(), key=lambda offer: offer.pos), by_place, strict=False):
            if abs(want.near - offer.pos) <= NEAR_BYTES:
                found.append((offer.row, want.row))
                used.add((offer.token, offer.part))
                filled.add(want.missing)
    return np.array(found, np.int64).reshape(-1, 2)


def _applied(f: Fragments, missing: Missing, tokens: Tokens, offers: Offers, wants: Wants) -> tuple[Fragments, Tokens]:
    """The matches carried out: new fragments of the tokens' own bytes, and what is left of the tokens.

    The bytes that neighbours have to give are disputed between them afterwards.
    """
    if not len(offers):
        return f, tokens
    chosen = missing.take(wants.missing)
    none = np.zeros(len(offers), np.int64)
    start = wants.start + offers.left
    made = Fragments(offers.pos, offers.own, chosen.key, start, chosen.length, none, none.copy())
    spent = np.zeros(len(tokens), np.int64)
    np.add.at(spent, offers.token, offers.own)
    part = tokens.pos.copy()
    for row in inner.order(offers.pos):
        if offers.pos[row] == part[offers.token[row]]:
            part[offers.token[row]] += offers.own[row]
    left = tokens.size - spent
    width = np.arange(ATTRIBUTABLE_BYTES)
    shifted = np.minimum((part - tokens.pos)[:, None] + width, ATTRIBUTABLE_BYTES - 1)
    text = np.take_along_axis(tokens.text, shifted, axis=1)
    text[width >= left[:, None]] = 0
    hint = np.where(spent > 0, -1, tokens.hint)
    return Fragments.join([f, made]), Tokens(part, left, text, hint, tokens.gap).take(left > 0)

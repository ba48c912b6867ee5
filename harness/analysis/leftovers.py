"""Tokens that fit nothing exactly, tried once more before they are given up as foreign.

Where a record was cut inside a cell, the bytes beside the cut may be right for it by chance, and have been
counted to it; the short piece on the other side then lacks them. So a token is tried with bytes of the
fragments that adjoin it, and a record's missing place with the few bytes that it has claimed beside it; at
last, a token that holds the start of a cell is tried in two parts. Where more records miss a text than there
is of it, none of them gets it.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import BODY_MARK, HEAD_MARK, NEWLINE, Flags, Ints
from harness.analysis.coverage import TELLING_BYTES, Missing
from harness.analysis.find import among
from harness.analysis.plausible import FEWEST_EQUAL, plausible
from harness.analysis.spans import Fragments, Tokens
from harness.analysis.tokens import NEAR_BYTES
from harness.trace.record import ATTRIBUTABLE_BYTES, CELL_BYTES

MOST_TRIED = 8192
"""With more tokens than this at a time nothing is tried: damage is beyond telling short pieces."""
MOST_WANTED = 4096
"""Of more missing places than this those are tried that are nearest to a token."""


class _Offer(NamedTuple):
    """Text of a token from ``pos`` on, with ``left`` and ``right`` bytes of the fragments beside it."""

    token: int
    pos: int
    text: bytes
    left: int = 0
    right: int = 0
    part: int = 0
    """1 for the second part of a token that is tried in two, else 0"""


class _Want(NamedTuple):
    """Text that a record misses from ``start`` on; ``tight`` when it need give back nothing that is undisputed."""

    missing: int
    start: int
    text: bytes
    tight: bool


def attribute(f: Fragments, missing: Missing, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """The fragments, and more of them made of tokens; and the tokens that are left."""
    missing = missing.take(missing.end - missing.start < ATTRIBUTABLE_BYTES + CELL_BYTES)
    if not len(missing) or not 0 < len(tokens) <= MOST_TRIED:
        return f, tokens
    able, missing = _plausible(_Beside(f, tokens, missing), missing, tokens)
    if not able.any():
        return f, tokens
    others, tokens = tokens.take(~able), tokens.take(able)
    missing = _nearest(missing, tokens)
    f, tokens = _tried(f, missing, tokens)
    tokens = Tokens.join([tokens, others])
    return f, tokens.take(np.argsort(tokens.pos, kind="stable"))


def _plausible(beside: "_Beside", missing: Missing, tokens: Tokens) -> tuple[Flags, Missing]:
    """Which tokens may fill a missing place, and the places that may be filled."""
    before = [beside.before(pos) for pos in tokens.pos.tolist()]
    behind = [beside.behind(pos) for pos in (tokens.pos + tokens.size).tolist()]
    first = np.maximum(missing.start - CELL_BYTES, 0)
    window = inner.content(missing.key, missing.length, first, 5)
    able, fillable = plausible(_texts(tokens), before, behind, window, missing.start - first, missing.end - first)
    return able, missing.take(fillable)


def _texts(tokens: Tokens) -> list[bytes]:
    return [text[:size].tobytes() for text, size in zip(tokens.text, tokens.size.tolist(), strict=True)]


def _tried(f: Fragments, missing: Missing, tokens: Tokens) -> tuple[Fragments, Tokens]:
    """The same as ``attribute``, for tokens and missing places that have a text in common."""
    beside = _Beside(f, tokens, missing)
    texts = _texts(tokens)
    plain, split = (list(_offers(tokens, texts, beside, split=split)) for split in (False, True))
    told = {offer.text for offer in (*plain, *split)}
    told.update(part for text in texts for cut in _cuts(text) for part in (text[:cut], text[cut:]))
    wants = list(_wants(f, missing, beside, told))
    near = missing.near.tolist()
    tight = [want for want in wants if want.tight]
    found: list[tuple[_Offer, _Want]] = []
    for offers, able in ((plain, tight), (_halves(tokens, texts, tight), tight), (plain, wants), (split, wants)):
        done = {offer.token for offer, _ in found}
        filled = {want.missing for _, want in found}
        free = [offer for offer in offers if offer.token not in done]
        found += _unique(free, [want for want in able if want.missing not in filled], near)
    return _applied(f, missing, tokens, found)


def _nearest(missing: Missing, tokens: Tokens) -> Missing:
    """The missing places that are nearest to a token."""
    if len(missing) <= MOST_WANTED:
        return missing
    pos = np.sort(tokens.pos)
    following = np.searchsorted(pos, missing.near)
    ahead = np.abs(pos[np.minimum(following, pos.size - 1)] - missing.near)
    behind = np.abs(missing.near - pos[np.maximum(following - 1, 0)])
    return missing.take(np.sort(np.argsort(np.minimum(ahead, behind), kind="stable")[:MOST_WANTED]))


class _Beside:
    """The fragments that adjoin tokens: rows by the position where they end, and where they start."""

    def __init__(self, f: Fragments, tokens: Tokens, missing: Missing) -> None:
        end = f.pos + f.size
        open_ = among(f.key, missing.key)
        row = np.flatnonzero(among(end, np.concatenate([tokens.pos, f.pos[open_]])))
        part = np.minimum((f.start + f.size)[row] % CELL_BYTES, f.size[row] - 1)
        self._before = _contents(f, row, (f.start + f.size)[row] - part, part, end[row])
        row = np.flatnonzero(among(f.pos, np.concatenate([tokens.pos + tokens.size, end[open_]])))
        part = np.minimum(-f.start[row] % CELL_BYTES, f.size[row] - 1)
        self._behind = _contents(f, row, f.start[row], part, f.pos[row])

    def before(self, pos: int) -> bytes:
        """The bytes that the fragment ending at ``pos`` may give: those of a cell that it has only in part."""
        return self._before.get(pos, b"")

    def behind(self, pos: int) -> bytes:
        """The bytes that the fragment starting at ``pos`` may give."""
        return self._behind.get(pos, b"")


def _contents(f: Fragments, row: Ints, start: Ints, size: Ints, pos: Ints) -> dict[int, bytes]:
    """The bytes of these fragments' records from ``start`` on, by ``pos``."""
    text = inner.content(f.key[row], f.length[row], start, 1)
    columns = zip(pos.tolist(), text, size.tolist(), strict=True)
    return {at: one[:count].tobytes() for at, one, count in columns}


def _offers(tokens: Tokens, texts: list[bytes], beside: _Beside, *, split: bool) -> Iterator[_Offer]:
    """Every text that a token can stand for: alone, and with bytes from one side or the other."""
    for token, (pos, text) in enumerate(zip(tokens.pos.tolist(), texts, strict=True)):
        cut, end = text.find(BODY_MARK, 1), pos + len(text)
        if not split:
            yield from _ends(token, pos, text)
            yield from _with_neighbours(token, pos, text, beside.before(pos), beside.behind(end))
        elif cut > 0:
            yield from _with_neighbours(token, pos, text[:cut], beside.before(pos), b"")
            second = _with_neighbours(token, pos + cut, text[cut:], b"", beside.behind(end))
            yield from (offer._replace(part=1) for offer in second)


def _ends(token: int, pos: int, text: bytes) -> Iterator[_Offer]:
    """A record's tail at the end of a token, or its head at the front, with foreign bytes on the other side."""
    for size in range(TELLING_BYTES, len(text)):
        if text[-1] == NEWLINE:
            yield _Offer(token, pos + len(text) - size, text[-size:])
        if text[0] == HEAD_MARK:
            yield _Offer(token, pos, text[:size])


def _with_neighbours(token: int, pos: int, text: bytes, before: bytes, behind: bytes) -> Iterator[_Offer]:
    for left in range(len(before) + 1):
        yield _Offer(token, pos, before[len(before) - left :] + text, left=left)
    for right in range(1, len(behind) + 1):
        yield _Offer(token, pos, text + behind[:right], right=right)


def _wants(f: Fragments, missing: Missing, beside: _Beside, told: set[bytes]) -> Iterator[_Want]:
    """Every text of those ``told`` that would fill a missing place, with and without the bytes that the record claims
    beside it, and those that it could claim there because the neighbour's are equal."""
    starts, ends, lengths = missing.start.tolist(), missing.end.tolist(), missing.length.tolist()
    first = np.maximum(missing.start - CELL_BYTES, 0)
    window = inner.content(missing.key, missing.length, first, 5)
    disputed = f.take(f.soft_left > 0)
    softness = zip(disputed.key.tolist(), disputed.start.tolist(), disputed.soft_left.tolist(), strict=True)
    soft = {(key, start): left for key, start, left in softness}
    mine = f.take(among(f.key, missing.key))
    columns = (mine.key.tolist(), mine.start.tolist(), mine.size.tolist(), mine.pos.tolist())
    starting = {(key, start): pos for key, start, _, pos in zip(*columns, strict=True)}
    ending = {(key, start + size): pos + size for key, start, size, pos in zip(*columns, strict=True)}
    for row, (start, end, length) in enumerate(zip(starts, ends, lengths, strict=True)):
        key = int(missing.key[row])
        low = start - start % CELL_BYTES
        high = min(end + -end % CELL_BYTES, length - 1) if end < length else end
        places = [(a, end) for a in range(low, start + 1)]
        text, base = window[row].tobytes(), int(first[row])
        after = beside.behind(ending.get((key, start), -1))
        equal = _agreeing(after, text[start - base : end - base])
        places += [(a, end) for a in range(start + 1, min(start + equal, end - FEWEST_EQUAL) + 1)]
        ahead = beside.before(starting.get((key, end), -1))
        equal = _agreeing(ahead[::-1], text[start - base : end - base][::-1])
        least = min(end - soft.get((key, end), 0), max(end - equal, start + FEWEST_EQUAL))
        places += [(start, b) for b in range(least, high + 1) if b != end]
        loose = end - soft.get((key, end), 0)
        if starting.get((key, end), -1) - ending.get((key, start), 0) == end - loose:
            places += [(start + more, loose + more) for more in range(1, end - loose)]
        for a, b in places:
            part = text[a - base : b - base]
            if 0 < b - a < ATTRIBUTABLE_BYTES and part in told:
                yield _Want(row, a, part, tight=a == start and loose <= b <= end)


def _agreeing(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their front."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _unique(offers: list[_Offer], wants: list[_Want], near: list[int]) -> list[tuple[_Offer, _Want]]:
    """Pairs of equal text, longest first, where there is enough of it for every record that misses it."""
    by_text: dict[bytes, list[_Offer]] = defaultdict(list)
    for offer in offers:
        by_text[offer.text].append(offer)
    wanted: dict[bytes, list[_Want]] = defaultdict(list)
    for want in wants:
        if want.text in by_text:
            wanted[want.text].append(want)
    used: set[tuple[int, int]] = set()
    filled: set[int] = set()
    found = []
    for text in sorted(wanted, key=len, reverse=True):
        able = {(offer.token, offer.part): offer for offer in by_text[text] if (offer.token, offer.part) not in used}
        needy = {want.missing: want for want in wanted[text] if want.missing not in filled}
        if len(able) < len(needy):
            continue
        by_place = sorted(needy.values(), key=lambda want: near[want.missing])
        for offer, want in zip(sorted(able.values(), key=lambda offer: offer.pos), by_place, strict=False):
            if abs(near[want.missing] - offer.pos) <= NEAR_BYTES:
                found.append((offer, want))
                used.add((offer.token, offer.part))
                filled.add(want.missing)
    return found


def _cuts(text: bytes) -> Iterator[int]:
    """Where a token may be cut that is the end of one record and the start of another, or pieces of two."""
    ends = text[0] == HEAD_MARK and text[-1] == NEWLINE
    for cut in range(1, len(text)):
        lone = text[cut:] == b"\n"
        if ends or (cut >= FEWEST_EQUAL and len(text) - cut >= FEWEST_EQUAL) or (lone and cut >= FEWEST_EQUAL - 1):
            yield cut


def _halves(tokens: Tokens, texts: list[bytes], wants: list[_Want]) -> Iterator[_Offer]:
    """Tokens that are pieces of two records, cut where both are missed."""
    wanted = {want.text for want in wants}
    for token, (pos, text) in enumerate(zip(tokens.pos.tolist(), texts, strict=True)):
        for cut in _cuts(text):
            if text[:cut] in wanted and text[cut:] in wanted:
                yield _Offer(token, pos, text[:cut])
                yield _Offer(token, pos + cut, text[cut:], part=1)
                break


def _applied(
    f: Fragments, missing: Missing, tokens: Tokens, found: list[tuple[_Offer, _Want]]
) -> tuple[Fragments, Tokens]:
    """The matches carried out: new fragments of the tokens' own bytes, and what is left of the tokens.

    The bytes that neighbours have to give are disputed between them afterwards.
    """
    if not found:
        return f, tokens
    rows = []
    spent = np.zeros(len(tokens), np.int64)
    part = tokens.pos.copy()
    for offer, want in found:
        own = len(offer.text) - offer.left - offer.right
        rows.append((offer.pos, own, want.start + offer.left, want.missing))
        spent[offer.token] += own
        if offer.pos == part[offer.token]:
            part[offer.token] += own
    pos, size, start, of = np.array(rows, np.int64).T
    none = np.zeros(pos.size, np.int64)
    chosen = missing.take(of)
    made = Fragments(pos, size, chosen.key, start, chosen.length, none, none.copy())
    left = tokens.size - spent
    width = np.arange(ATTRIBUTABLE_BYTES)
    shifted = np.minimum((part - tokens.pos)[:, None] + width, ATTRIBUTABLE_BYTES - 1)
    text = np.take_along_axis(tokens.text, shifted, axis=1)
    text[width >= left[:, None]] = 0
    hint = np.where(spent > 0, -1, tokens.hint)
    return Fragments.join([f, made]), Tokens(part, left, text, hint, tokens.gap).take(left > 0)

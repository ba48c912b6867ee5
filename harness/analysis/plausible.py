"""Which short stretches, and which missing places, have a text in common of which there is enough.

The others need not be tried one by one.
"""

from collections.abc import Sequence

import numpy as np

from harness.analysis.cells import BODY_MARK, HEAD_MARK, NEWLINE, Bytes, Flags, Ints
from harness.analysis.coverage import TELLING_BYTES
from harness.analysis.find import among
from harness.analysis.hashes import NONE, Hashes, Rows
from harness.trace.record import ATTRIBUTABLE_BYTES, CELL_BYTES

FEWEST_EQUAL = 4
"""What a record misses is at least so long where the rest of it may be beside a fragment of its own."""
_MOST = CELL_BYTES - 1
_LENT = 6
"""Of bytes that are disputed behind a missing place, so many may be lent in front of it."""
_SIDE = np.arange(-_MOST, CELL_BYTES)
_INNER = np.array([(m, -k) for m in range(1, _LENT) for k in range(1, _LENT - m + 1)])
_FIRST = np.concatenate([_SIDE, np.zeros_like(_SIDE), _INNER[:, 0]])
_LAST = np.concatenate([np.zeros_like(_SIDE), _SIDE, _INNER[:, 1]])
"""Ways in which what fills a missing place may begin and end beside its ends."""
_LESS = np.arange(CELL_BYTES)
_CUT = np.arange(1, ATTRIBUTABLE_BYTES - 1)
_WIDTH = ATTRIBUTABLE_BYTES + 2 * CELL_BYTES


def plausible(
    texts: Sequence[bytes], before: Sequence[bytes], behind: Sequence[bytes], window: Bytes, start: Ints, end: Ints
) -> tuple[Flags, Flags]:
    """Which tokens and which missing places may have a text in common that no more places miss than tokens offer.

    ``before`` and ``behind``: what the fragments beside each token may give, at most 15 bytes. ``window``: the bytes
    around each missing place, which is ``[start, end)`` of its row.
    """
    rows = Rows(window)
    first, last = start[:, None] + _FIRST, end[:, None] + _LAST
    wanted = rows.hashes(first, np.where(last - first < ATTRIBUTABLE_BYTES, last, 0))
    single, left, right = _offered(texts, before, behind)
    offered = np.concatenate([single, left, right], axis=1)
    wanted.sort(axis=1)
    wanted[:, 1:][wanted[:, 1:] == wanted[:, :-1]] = NONE  # a place needs a text once, in however many ways
    text, needy = np.unique(wanted[wanted != NONE], return_counts=True)
    if not text.size:
        return np.zeros(len(texts), np.bool_), np.zeros(start.size, np.bool_)
    at = np.searchsorted(text, offered)
    at[(at == text.size) | (text[np.minimum(at, text.size - 1)] != offered)] = text.size
    able = np.bincount(at.ravel(), minlength=text.size + 1)[: text.size] >= needy
    hit = np.append(able, False)[at]
    one, other = single.shape[1], single.shape[1] + left.shape[1]
    halves = hit[:, one:other] & hit[:, other:]
    token: Flags = np.logical_or(hit[:, :one].any(axis=1), halves.any(axis=1))
    told = text[np.unique(at[token][hit[token]])]
    place: Flags = np.logical_or.reduce(among(wanted.ravel(), told).reshape(wanted.shape), axis=1)
    return token, place


def _offered(texts: Sequence[bytes], before: Sequence[bytes], behind: Sequence[bytes]) -> tuple[Hashes, Hashes, Hashes]:
    """Hashes of what tokens may stand for: alone with what is beside them or in part; and of both parts
    of each, cut anywhere. One row for each token."""
    size = np.array([len(text) for text in texts])[:, None]
    ahead = np.array([len(text) for text in before])[:, None]
    after = np.array([len(text) for text in behind])[:, None]
    joined = b"".join(
        (one + text + other).ljust(_WIDTH, b"\0") for one, text, other in zip(before, texts, behind, strict=True)
    )
    text = np.frombuffer(joined, np.uint8).reshape(len(texts), _WIDTH)
    rows = Rows(text)
    begin, stop = ahead, ahead + size
    plus = np.array([text.find(BODY_MARK, 1) for text in texts])[:, None]
    split = np.where(plus > 0, begin + plus, -1)
    head = text[np.arange(len(texts))[:, None], begin] == HEAD_MARK
    tail = text[np.arange(len(texts))[:, None], stop - 1] == NEWLINE
    part = np.arange(TELLING_BYTES, ATTRIBUTABLE_BYTES)
    inside = part < size
    lent, given = begin - _LESS, np.where(after >= _LESS, stop + _LESS, -1)
    single = [
        rows.hashes(lent, stop),
        rows.hashes(begin, given),
        rows.hashes(begin, np.where(head & inside, begin + part, -1)),
        rows.hashes(np.where(tail & inside, stop - part, -1), stop),
        rows.hashes(lent, split),
        rows.hashes(split, given),
    ]
    rest = size - _CUT
    able = ((_CUT >= FEWEST_EQUAL) & (rest >= FEWEST_EQUAL)) | ((rest > 0) & head & tail)
    able |= (rest == 1) & tail & (_CUT >= FEWEST_EQUAL - 1)
    cut = np.where(able, begin + _CUT, -1)
    return np.concatenate(single, axis=1), rows.hashes(begin, cut), rows.hashes(cut, stop)

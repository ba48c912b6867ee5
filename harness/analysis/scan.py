"""From the bytes of one block to spans: every byte of it gets its first owner here.

Whole lines first, in pieces that fit the processor's cache; then runs of cells in what they leave; then
the short stretches that no cell accounts for, which are told apart into holes, tokens (short enough to
be the end of something) and foreign bytes.
"""

from dataclasses import dataclass

import numpy as np

from harness.analysis import inner
from harness.analysis.cells import Bytes, Ints
from harness.analysis.coverage import NO_GAPS
from harness.analysis.extend import LengthOf, believable, extend
from harness.analysis.gaps import Gaps, Unowned, gaps
from harness.analysis.spans import Fragments, Runs, Stretches, Tokens, Wholes

MARGIN_BYTES = 64
"""What lies before and behind a block, so that a cell across its edge is read from both sides."""
CHUNK_BYTES = 768 * 1024


@dataclass(frozen=True, slots=True)
class Scan:
    """What stands in a block, in file order; all of its bytes are in one of the three."""

    wholes: Wholes
    fragments: Fragments
    gaps: Gaps


def scan(text: bytearray, lo: int, hi: int, base: int, length_of: LengthOf) -> Scan:
    """What stands in ``text[lo:hi]``; ``base`` is the position of ``text[lo]``.

    ``text`` has ``MARGIN_BYTES`` on either side of that, NULs where the file has none.
    """
    data = np.frombuffer(text, np.uint8, hi + MARGIN_BYTES)
    wholes, runs = _pieces(text, data, lo, hi)
    fragments = _clipped(_fragments(data, runs, wholes, length_of), lo, hi)
    complete = (fragments.start == 0) & (fragments.size == fragments.length)
    if complete.any():
        late = fragments.take(complete)
        wholes = Wholes.join([wholes, Wholes(late.pos, late.size, late.key)])
        wholes = wholes.take(inner.order(wholes.pos))
        fragments = fragments.take(~complete)
    if not len(fragments) and int(wholes.size.sum()) == hi - lo:
        found = Gaps(Tokens.empty(), NO_GAPS.copy(), Unowned(Stretches.empty(), Stretches.empty(), 0, 0))
    else:
        found = gaps(data, lo, hi, wholes, fragments)
    for table in (wholes, fragments, found.tokens, found.unowned.holes, found.unowned.foreign):
        table.pos[...] += base - lo
    for ends in (found.tokens.gap, found.strange):
        ends[...] += base - lo
    return Scan(wholes, fragments, found)


def _pieces(text: bytearray, data: Bytes, lo: int, hi: int) -> tuple[Wholes, Runs]:
    """Whole lines and runs of ``[lo, hi)``, piece by piece; a piece ends after a newline."""
    wholes, runs = [], []
    at = lo
    while at < hi:
        end = _cut(text, at, hi)
        pos, size, key = inner.whole_lines(data, at, end)
        wholes.append(Wholes(pos, size, key))
        if int(size.sum()) != end - at:
            runs.append(_piece_runs(data, at, end, pos, size, lo, hi))
        at = end
    return Wholes.join(wholes or [Wholes.empty()]), Runs.join(runs or [Runs.empty()])


def _piece_runs(data: Bytes, at: int, end: int, pos: Ints, size: Ints, lo: int, hi: int) -> Runs:
    """The runs of a piece; at the edges of the block also those in its margins."""
    first = at - MARGIN_BYTES + 16 if at == lo else at
    last = end + MARGIN_BYTES - 32 if end == hi else end
    return inner.find_runs(data, first, last, pos, size)


def _cut(text: bytearray, at: int, hi: int) -> int:
    """Where a piece that starts at ``at`` ends: after its last newline, or else after the next one."""
    if hi - at <= CHUNK_BYTES:
        return hi
    end = text.rfind(b"\n", at, at + CHUNK_BYTES) + 1
    if not end:
        end = text.find(b"\n", at + CHUNK_BYTES, hi) + 1
    return end or hi


def _fragments(data: Bytes, runs: Runs, wholes: Wholes, length_of: LengthOf) -> Fragments:
    """Runs extended to the byte, as far as their neighbours leave room."""
    runs, length = believable(data, runs, length_of)
    if not len(runs):
        return Fragments.empty()
    floor, ceiling = inner.room(runs, wholes.pos, wholes.size, data.size)
    return extend(data, runs, length, floor, ceiling, wholes.size)


def _clipped(fragments: Fragments, lo: int, hi: int) -> Fragments:
    """Without what lies in the margins; that belongs to the neighbouring blocks.

    A dispute at the very edge is settled here, for the left one, as the neighbouring block does too.
    """
    f = fragments.take(fragments.size > 0) if not fragments.size.all() else fragments
    first = int(np.searchsorted(f.pos + f.size, lo, side="right"))
    last = int(np.searchsorted(f.pos, hi))
    for left in {first - 1, last - 1}:
        if 0 <= left < len(f) - 1 and f.soft_right[left]:
            f.size[left] += f.soft_right[left]
            f.soft_right[left] = f.soft_left[left + 1] = 0
            if f.pos[left] + f.size[left] > lo:
                first = min(first, left)
    f = f.take(slice(first, last))
    if len(f):
        early = max(lo - int(f.pos[0]), 0)
        for column, change in ((f.pos, early), (f.start, early), (f.size, -early)):
            column[0] += change
        f.size[-1] = min(f.pos[-1] + f.size[-1], hi) - f.pos[-1]
    return f

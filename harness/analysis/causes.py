"""Why a record is damaged: the mechanism that the evidence in the data points to, else ``unknown``.

Tears are judged together, because one tear proves little: a tear in the middle of a record may be chance,
a hundred of them at the same offset are a second write call. Each torn record is put in one class as
it comes by; at the end the classes that stand out become causes.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from harness.analysis.cells import SEQ_BITS, SEQ_MASK, Flags, Ints
from harness.analysis.covering import OFFSET_BITS
from harness.analysis.journals import Journals
from harness.analysis.settled import Tears
from harness.trace.record import CELL_BYTES

UNKNOWN = "unknown"
TWO_HOLDERS = "two lock holders"
NEWLINE_APART = "newline written separately"
TWO_WRITES = "two writes per record"
BUFFER = "buffer boundary"
EITHER = "two writes or buffer boundary"
WRITER_DIED = "writer died"
OVERWRITTEN = "overwritten"
HOLE = "hole"
FILE_CUT = "end of file cut off"
CUT_SHORT = "cut short"
RUN_MISSING = "run of records missing"
ROTATION = "rotation"
TRUNCATED_UNDER_WRITER = "file truncated under its writer"
LOST_UPDATE = "written at the same time as others"
READ_EMPTY = "read between truncate and write"
READ_HALF = "read of a half written document"
READ_CUT = "read cut off by the next truncate"
READ_MIXED = "read across two versions"
READ_STRANGE = "read of bytes of no version"
READ_MISSING = "read while no file was there"
READ_OLD = "read of a replaced version"
READ_BACK = "read of an older version than before"

BUFFER_BYTES = 4096
"""The smallest buffer that is looked for within records; bigger ones are multiples of it."""
SMALLEST_BUFFER_BYTES = 512
"""The smallest one that is looked for in streams: musl's, for one, has 1024 bytes."""
STREAM_ROWS = 4 << 20
"""Records whose places in their writer's stream are held, when records differ in length."""
TELLING_SHARE = 0.2
TELLING_TEARS = 3
BEYOND_CHANCE = 8
"""Tears at multiples of a buffer's size tell of it when there are so many times more than chance puts there."""
MOST_AGREE = 0.9
_COLLIDING, _NEWLINE, _IN_RECORD, _IN_STREAM, _HALF, _ELSEWHERE, _EITHER = range(7)


class Streams:
    """Where in the stream of all bytes of its writer a record starts: from journals, or from a uniform length."""

    def __init__(self, journals: Journals) -> None:
        self._journals = journals
        self._uniform = self._uniform_length()
        self._starts: dict[int, Ints] = {}
        rows = sum(journals[writer].rows for writer in journals.writers)
        self._known = bool(journals) and (self._uniform > 0 or rows <= STREAM_ROWS)

    def _uniform_length(self) -> int:
        length = 0
        for writer in self._journals.writers:
            for _, (lengths,) in self._journals.slices(writer, "length"):
                used = lengths[lengths > 0]
                if used.size:
                    length = length or int(used[0])
                    if (used != length).any():
                        return 0
        return length

    def start_of(self, key: Ints, length: Ints) -> Ints:
        """Stream offset of each record's first byte; -1 where unknown. ``length``: the records' own lengths."""
        seq = key & SEQ_MASK
        if self._uniform or not self._journals:
            length = np.broadcast_to(self._uniform or length, seq.shape)
            steady = length.size > 0 and bool((length == length[0]).all())
            return seq * length if steady else np.full(key.size, -1)
        if not self._known:
            return np.full(key.size, -1)
        result = np.full(key.size, -1)
        for writer in np.unique(key >> SEQ_BITS).tolist():
            rows = np.flatnonzero(key >> SEQ_BITS == writer)
            starts = self._of_writer(writer)
            rows = rows[seq[rows] < starts.size]
            result[rows] = starts[seq[rows]]
        return result

    def _of_writer(self, writer: int) -> Ints:
        if writer not in self._starts:
            known = writer in self._journals.writers
            length = self._journals[writer].columns["length"] if known else np.zeros(0, np.int64)
            self._starts[writer] = np.cumsum(length) - length
        return self._starts[writer]


@dataclass(frozen=True, slots=True)
class TearClasses:
    """The class of each torn record, int64: ``code``, the power of two that is the size of a buffer (as its exponent, 0
    in other classes), and the record offset of its first tear."""

    key: Ints
    code: Ints
    exponent: Ints
    offset: Ints


def classify(tears: Tears, streams: Streams, colliding: Flags) -> TearClasses:
    """One class for each record of ``tears`` (which are sorted by record); ``colliding`` tells of each tear whether
    the record's critical section overlapped another."""
    first = np.flatnonzero(np.diff(tears.key, prepend=-1))
    last = np.append(first[1:], len(tears)) - 1
    start = streams.start_of(tears.key, tears.length)
    stream = start + tears.offset
    newline = tears.offset == tears.length - 1
    in_record = tears.offset % BUFFER_BYTES == 0
    in_stream = (start >= 0) & (stream % BUFFER_BYTES == 0)
    in_small = (start >= 0) & (stream % SMALLEST_BUFFER_BYTES == 0)
    half = (tears.offset == tears.length // 2) | (tears.offset == (tears.length + 1) // 2)
    single = first == last
    choices = [
        (colliding[first], _COLLIDING, None),
        (_all(newline, first), _NEWLINE, None),
        (single & half[first] & in_record[first], _EITHER, None),
        (_all(in_record, first), _IN_RECORD, tears.offset),
        (_all(in_stream | newline, first), _IN_STREAM, stream),
        (single & half[first], _HALF, None),
        (_all(in_small | newline, first), _IN_STREAM, stream),
    ]
    code = np.full(first.size, _ELSEWHERE)
    exponent = np.zeros(first.size, np.int64)
    open_ = np.ones(first.size, np.bool_)
    for flags, kind, place in choices:
        chosen = open_ & flags
        code[chosen] = kind
        if place is not None:
            exponent[chosen] = _exponent(place[first[chosen]])
        open_ &= ~chosen
    return TearClasses(tears.key[first], code, exponent, tears.offset[first])


def _all(flags: Flags, first: Ints) -> Flags:
    return np.logical_and.reduceat(flags, first)


def _exponent(number: Ints) -> Ints:
    """The exponent of the largest power of two that divides each number."""
    exponent: Ints = np.log2(np.maximum(number & -number, 1)).astype(np.int64)
    return exponent


class TearEvidence:
    """All torn records by class, and what that says."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, int, int]] = Counter()
        self._of: Counter[int] = Counter()
        self._at: Counter[tuple[int, int]] = Counter()

    def add(self, classes: TearClasses) -> None:
        """Count the classes of some records."""
        packed = classes.code << 32 | classes.exponent << OFFSET_BITS | classes.offset
        for one, count in zip(*(column.tolist() for column in np.unique(packed, return_counts=True)), strict=True):
            code, exponent, offset = one >> 32, one >> OFFSET_BITS & 63, one & (1 << OFFSET_BITS) - 1
            self._counts[code, exponent, offset] += count
            self._of[code] += count
            self._at[code, offset] += count

    def cause(self, code: int, offset: int) -> tuple[str, str]:
        """The cause of a record of this class: its short key, and the sentence with the evidence."""
        torn = self._of.total()
        here = self._of[code]
        telling = here >= TELLING_SHARE * torn
        share = f"{here} of {torn} torn records"
        if code == _COLLIDING:
            return TWO_HOLDERS, f"{TWO_HOLDERS}: its critical section overlapped another writer's"
        if code == _NEWLINE and telling:
            return NEWLINE_APART, f"{NEWLINE_APART}: torn just before the newline ({share})"
        if code == _EITHER and telling:
            return EITHER, f"{EITHER}: torn at half its length, which is a multiple of {BUFFER_BYTES} bytes ({share})"
        if code == _HALF and telling:
            return TWO_WRITES, f"{TWO_WRITES}: torn at half its length ({share})"
        if code in (_IN_STREAM, _ELSEWHERE) and (fixed := self._fixed(code, offset)):
            return TWO_WRITES, fixed
        if code in (_IN_RECORD, _IN_STREAM) and (telling or self._beyond_chance(code)):
            what = "the record" if code == _IN_RECORD else "its writer's stream"
            return BUFFER, f"{BUFFER}: torn at a multiple of {self._buffer_bytes(code)} bytes of {what} ({share})"
        return UNKNOWN, UNKNOWN

    def _fixed(self, code: int, offset: int) -> str:
        """The evidence that records are torn at or near this one offset, by the end of a first write, if there is.

        Near, because bytes at a tear may be as right for the other record. Where more are torn at the boundaries of a
        buffer in the stream, some of these lie at any offset.
        """
        torn = self._of.total()
        near = range(offset - CELL_BYTES, offset + CELL_BYTES + 1)
        first = max(near, key=lambda at: self._at[_ELSEWHERE, at] + self._at[_HALF, at])
        many = self._at[_ELSEWHERE, first] + self._at[_HALF, first]
        if many < max(TELLING_TEARS, TELLING_SHARE * torn) or (code == _IN_STREAM and self._of[_IN_STREAM] > many):
            return ""
        around = range(first - CELL_BYTES, first + CELL_BYTES + 1)
        here = sum(self._at[kind, at] for kind in (_ELSEWHERE, _HALF) for at in around)
        place = "half its length" if self._at[_HALF, first] else f"record offset {first}"
        return f"{TWO_WRITES}: torn at {place}, or beside it where the bytes are equal ({here} of {torn} torn records)"

    def _beyond_chance(self, code: int) -> bool:
        """Whether more tears are at multiples of a buffer's size than would be there anyway."""
        chance = self._of.total() / SMALLEST_BUFFER_BYTES
        return self._of[code] >= max(TELLING_TEARS, BEYOND_CHANCE * chance)

    def _buffer_bytes(self, code: int) -> int:
        """The largest power of two of which nearly all tears of this class are multiples."""
        exponents: Counter[int] = Counter()
        for (kind, exponent, _), count in self._counts.items():
            exponents[exponent] += count if kind == code else 0
        below = 0
        for exponent, count in sorted(exponents.items()):
            below += count
            if below > (1 - MOST_AGREE) * self._of[code]:
                return 1 << exponent
        return BUFFER_BYTES

    def counted(self, interleaved: int) -> Counter[str]:
        """Torn records by the short key of their cause; ``interleaved`` are left in the end.

        Those of which a whole copy turned up later are taken from the most frequent cause.
        """
        result: Counter[str] = Counter()
        for (code, offset), count in self._at.items():
            result[self.cause(code, offset)[0]] += count
        return without(result, result.total() - interleaved)


def without(counts: Counter[str], excess: int) -> Counter[str]:
    """The counts less ``excess`` records that turned out to be there: from the most frequent cause."""
    result = counts.copy()
    for cause, count in counts.most_common():
        less = min(max(excess, 0), count)
        result[cause] -= less
        excess -= less
    return result

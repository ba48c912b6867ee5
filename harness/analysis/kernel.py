"""The compiled inner loops, ``kernel.c``, ``disputes.c`` and ``lookup.c``, called through ctypes.

They are built when the package is installed. Without a C compiler there is none, and ``inner`` takes the same functions
in numpy. What is known of the record format is handed over from ``cells``, so that it is written down once.
"""

import ctypes
import importlib.util
import secrets
from ctypes import c_char, c_int64, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis.beside import ROUNDS
from harness.analysis.cells import (
    BODY_MARK,
    HEAD_MARK,
    MARK_SHARE,
    PAIR_TEXT,
    PLACE_HIGH_WORD,
    PLACE_LOW_WORD,
    Bytes,
    Flags,
    Ints,
    share,
)
from harness.analysis.find import Bits, Numbers
from harness.analysis.kinds import FEWEST_BYTES, KINDS
from harness.analysis.spans import Fragments, Runs
from harness.trace.record import CELL_BYTES, DIGITS, MIN_RECORD_BYTES

NAME = "harness.analysis._kernel"
_MIX = secrets.randbits(64) | 1


class Format(ctypes.Structure):
    """What the kernel has to know; ``kernel.c`` says what each field is."""

    _fields_ = (
        ("value", c_uint8 * 256),
        ("share", c_uint32 * 256 * 12),
        ("high", c_uint64 * 1024),
        ("low", c_uint64 * 1024),
        ("mark", c_uint64 * 2),
        ("pair", c_uint16 * 1024),
    )


def _format() -> Format:
    filled = Format()
    filled.value[:] = [255] * 256
    for number, digit in enumerate(DIGITS):
        filled.value[digit] = number
        for index in range(1, 12):
            filled.share[index][digit] = share(index, digit) >> 32
    filled.high[:] = PLACE_HIGH_WORD.tolist()
    filled.low[:] = PLACE_LOW_WORD.tolist()
    filled.mark[:] = [int(MARK_SHARE[mark]) for mark in (BODY_MARK, HEAD_MARK)]
    filled.pair[:] = PAIR_TEXT.tolist()
    return filled


_A, _N = c_void_p, c_int64
_Nothing = c_char * 0
_SIGNATURES: dict[str, tuple[type | None, tuple[type, ...]]] = {
    "prepare": (None, (_A,)),
    "format_bytes": (c_uint64, ()),
    "whole_lines": (_N, (_A, _N, _N, _A, _A, _A)),
    "find_runs": (_N, (_A, _N, _N, _A, _A, _N, _A)),
    "to_the_right": (None, (_A, _N, _A, _A, _A, _A, _A, _A, _A, _A)),
    "to_the_left": (None, (_A, _N, _A, _A, _A, _A, _A, _A)),
    "content": (None, (_N, _A, _A, _A, _N, _A)),
    "covered": (_N, (_N, *[_A] * 10)),
    "cut_up": (_N, (_A, _N, _A, _A, _A, _N, _A, _A, _A)),
    "among": (None, (_N, _A, _N, _A, _N, c_uint64, _A, _A)),
    "rows": (None, (_N, _A, _N, _A, _N, c_uint64, _A, _A)),
    "order": (None, (_N, _A, _A, _A, _A)),
    "places": (None, (_N, _A, _A, _N, _A)),
    "marked": (None, (_N, _A, _A, _A)),
    "mark": (None, (_N, _A, _A)),
    "longest": (None, (_N, _A, _A, _N, c_uint64, _A, _A, _A)),
    "room": (None, (_N, _A, _A, _N, _A, _A, _N, _A, _A)),
    "dispute": (None, (_N, *[_A] * 8)),
    "decide": (None, (_N, *[_A] * 7, _N, *[_A] * 4)),
    "brackets": (None, (_N, _A, _N, _A, _N, c_uint64, _A, _A, _A, _A)),
}


def _load() -> ctypes.CDLL | None:
    """The library, ready for use; None where it was not built, or was for another machine or version of this file."""
    spec = importlib.util.find_spec(NAME)
    if spec is None or spec.origin is None:
        return None
    try:
        library = ctypes.CDLL(spec.origin)
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        return None
    if library.format_bytes() != ctypes.sizeof(Format):
        return None
    library.prepare(ctypes.addressof(_format()))
    return library


_library = _load()
BUILT = _library is not None


def _call(name: str, *given: int | Numbers | Flags) -> int:
    """Call a function of the library; arrays by their addresses."""
    kept = [np.ascontiguousarray(one) if isinstance(one, np.ndarray) else one for one in given]
    return getattr(_library, name)(*(_pointer(one) if isinstance(one, np.ndarray) else one for one in kept)) or 0


def _pointer(array: Any) -> ctypes.Array[c_char] | int:
    """Where its bytes are, as an argument."""
    return _Nothing.from_buffer(array) if array.flags.writeable else array.ctypes.data  # that is four times slower


def whole_lines(data: Bytes, lo: int, hi: int) -> tuple[Ints, Ints, Ints]:
    """See ``lines.whole_lines``."""
    found = np.empty((3, max(hi - lo, 0) // MIN_RECORD_BYTES + 1), np.int64)
    count = _call("whole_lines", data, lo, hi, *found)
    pos, size, key = found[:, :count].copy()
    return pos, size, key


def find_runs(data: Bytes, lo: int, hi: int, pos: Ints, size: Ints) -> Runs:
    """See ``runs.find_runs``."""
    found = np.empty((max(hi - lo, 0) // CELL_BYTES + 1, 5), np.int64)
    count = _call("find_runs", data, lo, hi, pos, size, pos.size, found)
    return Runs(*found[:count].T.copy())


def room(runs: Runs, pos: Ints, size: Ints, total: int) -> tuple[Ints, Ints]:
    """See ``runs.room``."""
    floor, ceiling = np.empty((2, len(runs)), np.int64)
    _call("room", len(runs), runs.pos, runs.end, pos.size, pos, size, total, floor, ceiling)
    return floor, ceiling


def to_the_right(data: Bytes, runs: Runs, ceiling: Ints, length: Ints) -> tuple[Ints, Ints]:
    """See ``runs.to_the_right``."""
    agreeing, reached = np.empty((2, len(runs)), np.int64)
    given = (runs.pos, runs.end, runs.key, runs.start, ceiling, length)
    _call("to_the_right", data, len(runs), *given, agreeing, reached)
    return agreeing, reached


def to_the_left(data: Bytes, runs: Runs, floor: Ints, length: Ints) -> Ints:
    """See ``runs.to_the_left``."""
    agreeing = np.empty(len(runs), np.int64)
    _call("to_the_left", data, len(runs), runs.pos, runs.key, runs.start, floor, length, agreeing)
    return agreeing


def content(key: Ints, length: Ints, offset: Ints, cells: int) -> Bytes:
    """See ``cells.content``."""
    text = np.empty((key.size, cells * CELL_BYTES), np.uint8)
    _call("content", key.size, key, length, offset, cells, text)
    return text


def cut_up(data: Bytes, start: Ints, size: Ints) -> tuple[Ints, Ints, Bytes]:
    """See ``kinds.cut_up``."""
    room = int(size.sum())
    at, part, kind = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.uint8)
    count = _call("cut_up", data, start.size, start, size, KINDS, FEWEST_BYTES, at, part, kind)
    return at[:count].copy(), part[:count].copy(), kind[:count].copy()


def dispute(f: Fragments, eligible: Flags) -> None:
    """See ``beside.dispute``. The columns are contiguous, as they are everywhere."""
    _call("dispute", len(f), f.pos, f.size, f.key, f.start, f.length, f.soft_left, f.soft_right, eligible)


def decide(f: Fragments, by_place: Ints) -> None:
    """See ``beside.decide``. The columns are contiguous, as they are everywhere."""
    rows = len(f)
    disputes, needs, sides = (
        np.empty((rows + 1, 7), np.int64),
        np.empty((rows, 5), np.int64),
        np.empty((2, rows), np.int64),
    )
    columns = f.pos, f.size, f.key, f.start, f.soft_left, f.soft_right
    _call("decide", rows, by_place, *columns, ROUNDS, disputes, needs, *sides)


def covered(key: Ints, start: Ints, size: Ints, length: Ints) -> tuple[Ints, Ints, Ints, Ints, Ints, Flags]:
    """See ``covering.covered``."""
    of, first, reached, end, told = np.empty((5, key.size), np.int64)
    complete = np.empty(key.size, np.bool_)
    count = _call("covered", key.size, key, start, size, length, of, first, reached, end, told, complete)
    return of, first[:count], reached, end[:count], told[:count], complete[:count]


def _table(numbers: int) -> tuple[int, int, NDArray[np.int32]]:
    """A table with room for so many numbers: its size in bits, the multiplier of its hash, its slots."""
    bits = max((2 * numbers).bit_length(), 4)
    return bits, _MIX, np.zeros(1 << bits, np.int32)


def among(values: Numbers, wanted: Numbers) -> Flags:
    """See ``find.among``."""
    found = np.empty(values.size, np.bool_)
    _call("among", values.size, values, wanted.size, wanted, *_table(wanted.size), found)
    return found


def rows(places: Ints, wanted: Ints) -> Ints:
    """See ``find.rows``."""
    found = np.empty(wanted.size, np.int64)
    _call("rows", places.size, places, wanted.size, wanted, *_table(wanted.size), found)
    return found


def longest(key: Ints, length: Ints) -> Ints:
    """See ``find.longest``."""
    best, found = np.zeros(key.size, np.int64), np.empty(key.size, np.int64)
    _call("longest", key.size, key, length, *_table(key.size), best, found)
    return found


def places(key: Ints, slot: NDArray[np.int32], page_bits: int) -> Ints:
    """See ``find.places``."""
    found = np.empty(key.size, np.int64)
    _call("places", key.size, key, slot, page_bits, found)
    return found


def marked(place: Ints, bits: Bits) -> Flags:
    """See ``find.marked``."""
    found = np.empty(place.size, np.bool_)
    _call("marked", place.size, place, bits, found)
    return found


def mark(place: Ints, bits: Bits) -> None:
    """See ``find.mark``. The bits are contiguous."""
    _call("mark", place.size, place, bits)


def order(numbers: Ints) -> Ints:
    """See ``find.order``."""
    items, row = np.empty((2, numbers.size, 2), np.int64), np.empty(numbers.size, np.int64)
    _call("order", numbers.size, numbers, *items, row)
    return row


def brackets(opens: Numbers, open_pos: Ints, closes: Numbers, close_pos: Ints) -> tuple[Ints, Ints]:
    """See ``find.brackets``."""
    event = order(np.concatenate([open_pos, close_pos]))
    value = np.concatenate([opens, closes])
    top, below, close = np.empty((3, opens.size), np.int64)
    _call("brackets", event.size, event, opens.size, value, *_table(opens.size), top, below, close)
    row = np.flatnonzero(close >= 0)
    return row, close[row]

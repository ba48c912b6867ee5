r"""The record: one line of printable ASCII of which any 32 bytes tell where they belong.

A record of ``length`` bytes is a row of 16-byte cells, the last one cut short, and a newline::

    >0300021000e6BOCK+0300021000gRKZP+0300021...
    |\_/\___/\__/\__/
    | |   |   |   check: 20 bits, 4 characters of ``@A..Z[\]^_`` (5 bits each)
    | |   |   head cell: offset of the record's newline, that is length - 1; other cells: their own offset
    | |   sequence number of the record among its writer's
    | writer
    ``>`` starts the head cell, ``+`` every other one

Numbers are in base 32 with the digits ``0-9a-v``: Python's ``int(text, 32)`` reads them. The check is
the low 20 bits of CRC-32 (zlib's) over the cell's first 12 bytes, most significant 5 bits first.

Why cells: a stretch of 31 bytes holds a whole cell wherever it was cut, so any fragment of that size
names its writer, its record and its place in it; and since the whole content follows from (writer,
seq, length), every byte of a fragment, and not only its cells, is verified by comparison.

Why this check: CRC is linear under XOR, so check(cell) = K(writer, seq) ^ G(offset), and the letters are
linear in their bits. Both writer and analysis handle a whole record with one XOR.
"""

import zlib
from functools import lru_cache
from typing import NamedTuple

CELL_BYTES = 16
HEAD, BODY = b">", b"+"
DIGITS = b"0123456789abcdefghijklmnopqrstuv"
CHECK_BASE = 0x40

MAX_WRITERS = 32**2
MAX_RECORDS = 32**5
MIN_RECORD_BYTES = 32
MAX_RECORD_BYTES = 32**4
ATTRIBUTABLE_BYTES = 32


class Cell(NamedTuple):
    """One decoded cell: ``offset`` is its place in the record; ``length`` is known from a head cell only."""

    writer: int
    seq: int
    offset: int
    length: int | None


_PAIRS = [bytes((DIGITS[n >> 5], DIGITS[n & 31])) for n in range(1024)]
_LETTERS = [bytes((CHECK_BASE | n >> 5, CHECK_BASE | n & 31)) for n in range(1024)]


def check(twelve: bytes) -> bytes:
    """The four check characters of a cell, from its first 12 bytes."""
    crc = zlib.crc32(twelve)
    return _LETTERS[crc >> 10 & 1023] + _LETTERS[crc & 1023]


def identity(writer: int, seq: int) -> bytes:
    """The seven characters that every cell of a record shares: two of the writer, five of the sequence number."""
    return _PAIRS[writer] + _PAIRS[seq >> 15] + _PAIRS[seq >> 5 & 1023] + DIGITS[seq & 31 : (seq & 31) + 1]


def place(offset: int) -> bytes:
    """The four characters of an offset in a record."""
    return _PAIRS[offset >> 10] + _PAIRS[offset & 1023]


def encode(writer: int, seq: int, length: int) -> bytes:
    """The record of ``length`` bytes, newline included.

    Raises ValueError when a number does not fit the format.
    """
    if not 0 <= writer < MAX_WRITERS or not 0 <= seq < MAX_RECORDS:
        raise ValueError(f"writer {writer} or sequence number {seq} does not fit the record format")
    template, cells, zero = _template(length)
    who = identity(writer, seq)
    key = int.from_bytes(check(BODY + who + b"0000")) ^ zero
    mask = (b"\0" + who + b"\0\0\0\0" + key.to_bytes(4)) * cells
    line = (template ^ int.from_bytes(mask)).to_bytes(cells * CELL_BYTES)
    return line[: length - 1] + b"\n"


def decode(sixteen: bytes) -> Cell | None:
    """The cell that these 16 bytes are, or None: wrong mark, digit or check."""
    if len(sixteen) != CELL_BYTES or sixteen[12:] != check(sixteen[:12]):
        return None
    if sixteen[:1] not in (HEAD, BODY) or any(byte not in DIGITS for byte in sixteen[1:12]):
        return None
    writer, seq, at = (int(sixteen[a:b], 32) for a, b in ((1, 3), (3, 8), (8, 12)))
    if sixteen[:1] == HEAD:
        return Cell(writer, seq, 0, at + 1) if at + 1 >= MIN_RECORD_BYTES else None
    return Cell(writer, seq, at, None) if at and at % CELL_BYTES == 0 else None


@lru_cache(maxsize=4096)
def _template(length: int) -> tuple[int, int, int]:
    """What all records of one length share: their bytes as one integer with the identity and K left out."""
    if not MIN_RECORD_BYTES <= length <= MAX_RECORD_BYTES:
        raise ValueError(f"a record of {length} bytes: the format takes {MIN_RECORD_BYTES} to {MAX_RECORD_BYTES}")
    cells = -(-(length - 1) // CELL_BYTES)
    zero = int.from_bytes(check(BODY + b"0000000" + b"0000"))
    parts = []
    for cell in range(cells):
        mark, at = (HEAD, length - 1) if cell == 0 else (BODY, cell * CELL_BYTES)
        parts.append(mark + bytes(7) + place(at) + check(mark + b"0000000" + place(at)))
    return int.from_bytes(b"".join(parts)), cells, zero

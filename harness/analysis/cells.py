"""Cells of the record format, many at a time: what 16 bytes say, and what they ought to be.

A cell is two little-endian words of 8 bytes: word A is the mark and the identity, word B the place and
the check (harness/trace/record.py draws it). CRC-32 is affine under XOR, so the check letters of a cell
are the XOR of what each of its characters contributes; two characters at a time make tables of 65536
entries, of which the 1024 valid ones are ever touched. Decoding a cell is then six look-ups, and the
expected word B of any cell of a record is ``place word ^ key word``.
"""

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.trace.record import CELL_BYTES, CHECK_BASE, DIGITS

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

WORD = np.dtype("<u8")
SEQ_BITS = 25
"""A record's key is ``writer << 25 | seq``: one int64 that sorts by writer, then by sequence number."""
SEQ_MASK = (1 << SEQ_BITS) - 1
HEAD_MARK, BODY_MARK, NEWLINE = 0x3E, 0x2B, 0x0A
OF_RECORDS = np.zeros(256, np.bool_)
"""Which bytes occur in records, newlines aside."""
OF_RECORDS[[HEAD_MARK, BODY_MARK, *DIGITS, *range(CHECK_BASE, CHECK_BASE + 32)]] = True
MARKS = np.uint64(HEAD_MARK ^ BODY_MARK)
HIGH_32 = np.uint64(0xFFFFFFFF00000000)


def _spread(crc: int) -> int:
    """The 20 check bits as four letters without their common high bits, as the high half of word B."""
    letters = (crc >> 15 & 31) | (crc >> 10 & 31) << 8 | (crc >> 5 & 31) << 16 | (crc & 31) << 24
    return letters << 32


_EMPTY = bytes(12)
_CONSTANT = 0x4040404000000000 ^ _spread(zlib.crc32(_EMPTY))


def share(index: int, character: int) -> int:
    """What the character at ``index`` of a cell contributes to its check letters."""
    cell = bytearray(_EMPTY)
    cell[index] = character
    return _spread(zlib.crc32(cell) ^ zlib.crc32(_EMPTY))


def _pair_table(index: int, shift: int, invalid: int) -> Words:
    """For the two characters at ``index``, by their little-endian value: check share, number << shift, or invalid."""
    table = np.full(65536, invalid, dtype=WORD)
    digits = np.frombuffer(DIGITS, np.uint8).astype(np.int64)
    first = np.array([share(index, d) for d in DIGITS], dtype=WORD)
    second = np.array([share(index + 1, d) for d in DIGITS], dtype=WORD)
    number = np.arange(1024, dtype=WORD).reshape(32, 32) << np.uint64(shift)
    table[digits[:, None] | digits[None, :] << 8] = first[:, None] ^ second[None, :] ^ number
    return table


def _last_table(index: int, invalid: int) -> Words:
    """The same for the single character that ends the identity."""
    table = np.full(256, invalid, dtype=WORD)
    for number, digit in enumerate(DIGITS):
        table[digit] = share(index, digit) ^ number
    return table


_INVALID = (1 << 31, 1 << 30, 1 << 29)
_WRITER = _pair_table(1, 0, _INVALID[0])
_SEQ_HIGH = _pair_table(3, 15, _INVALID[0])
_SEQ_MIDDLE = _pair_table(5, 5, _INVALID[1])
_SEQ_LOW = _last_table(7, _INVALID[2])
_PLACE_HIGH = _pair_table(8, 10, _INVALID[0])
_PLACE_LOW = _pair_table(10, 0, _INVALID[1])
_ANY_INVALID = np.uint64(sum(_INVALID))
MARK_SHARE = {mark: np.uint64(share(0, mark) ^ _CONSTANT) for mark in (HEAD_MARK, BODY_MARK)}

PAIR_TEXT = np.array([DIGITS[n >> 5] | DIGITS[n & 31] << 8 for n in range(1024)], dtype=WORD)
_DIGIT_TEXT = np.frombuffer(DIGITS, np.uint8).astype(WORD)
PLACE_HIGH_WORD = PAIR_TEXT | (_PLACE_HIGH[PAIR_TEXT] & HIGH_32)
PLACE_LOW_WORD = PAIR_TEXT << np.uint64(16) | (_PLACE_LOW[PAIR_TEXT] & HIGH_32)


def _u64(value: int) -> np.uint64:
    return np.uint64(value)


def word_view(data: Bytes) -> Words:
    """Word at each byte position of ``data``: an overlapping, unaligned view of ``len(data) - 7`` uint64."""
    return np.ndarray(shape=(max(data.size - 7, 0),), dtype=WORD, buffer=data, strides=(1,))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who cells belong to: ``key`` int64, ``mask`` the identity's share of word B, ``valid`` all digits right."""

    key: Ints
    mask: Words
    valid: Flags


def identify(word_a: Words) -> Identity:
    """Read the identity out of words A, whatever their mark."""
    index = word_a.view(np.int64)
    writer = _WRITER[index >> 8 & 0xFFFF]
    rest = _SEQ_HIGH[index >> 24 & 0xFFFF]
    rest ^= _SEQ_MIDDLE[index >> 40 & 0xFFFF]
    rest ^= _SEQ_LOW[index >> 56 & 0xFF]
    valid = ((writer | rest) & _ANY_INVALID) == 0
    key = (writer & _u64(1023)) << _u64(SEQ_BITS) | (rest & _u64(SEQ_MASK))
    return Identity(key.view(np.int64), (writer ^ rest) & HIGH_32, valid)


def identity_of(key: Ints) -> tuple[Words, Words]:
    """Words A without a mark, and the share of words B, of the records with these keys."""
    word = PAIR_TEXT[key >> SEQ_BITS] << _u64(8)
    word |= PAIR_TEXT[key >> 15 & 1023] << _u64(24)
    word |= PAIR_TEXT[key >> 5 & 1023] << _u64(40)
    word |= _DIGIT_TEXT[key & 31] << _u64(56)
    return word, identify(word).mask


def place_word(number: Ints, mark: int) -> Words:
    """Word B of cells with this number in their place and an identity that contributes nothing."""
    high, low = PLACE_HIGH_WORD[number >> 10], PLACE_LOW_WORD[number & 1023]
    word: Words = high ^ low ^ MARK_SHARE[mark]
    return word


def read_place(word_b: Words, head: Flags, mask: Words) -> tuple[Ints, Flags]:
    """The number in the place of words B, and whether digits and check are right.

    ``head``: whether the cell's mark is that of a head; ``mask``: the identity's share of word B.
    """
    index = word_b.view(np.int64)
    high = _PLACE_HIGH[index & 0xFFFF]
    high ^= _PLACE_LOW[index >> 16 & 0xFFFF]
    wrong = np.where(head, MARK_SHARE[HEAD_MARK], MARK_SHARE[BODY_MARK])
    wrong ^= word_b
    wrong ^= high
    wrong ^= mask
    wrong &= HIGH_32
    wrong |= high & _ANY_INVALID
    return (high & _u64(0xFFFFF)).view(np.int64), wrong == 0


def content(key: Ints, length: Ints, offset: Ints, cells: int) -> Bytes:
    """The bytes ``[offset, offset + 16 * cells)`` of records, one row each; NUL beyond their end.

    ``offset`` need not be a multiple of 16. A ``length`` of 0 means unknown: no newline is put anywhere,
    and of the head cell only the first 8 bytes are right.
    """
    first = offset // CELL_BYTES
    at = (first[:, None] + np.arange(cells + 1)) * CELL_BYTES
    word, mask = identity_of(key)
    rows = np.empty((key.size, cells + 1, 2), dtype=WORD)
    head = at == 0
    rows[:, :, 0] = word[:, None] | np.where(head, _u64(HEAD_MARK), _u64(BODY_MARK))
    rows[:, :, 1] = place_word(np.minimum(at, (1 << 20) - 1), BODY_MARK) ^ mask[:, None]
    rows[:, 0, 1] = np.where(head[:, 0], place_word(np.maximum(length - 1, 0), HEAD_MARK) ^ mask, rows[:, 0, 1])
    text = rows.view(np.uint8).reshape(key.size, (cells + 1) * CELL_BYTES)
    place = at[:, :1] + np.arange(text.shape[1])
    known = length[:, None] > 0
    text[known & (place == length[:, None] - 1)] = NEWLINE
    text[known & (place >= length[:, None])] = 0
    shift = (offset - at[:, 0])[:, None] + np.arange(cells * CELL_BYTES)
    return np.take_along_axis(text, shift, axis=1)

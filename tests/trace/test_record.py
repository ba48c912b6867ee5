"""The record format: what is written is what the documentation says, and any 32 bytes tell where they belong."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.trace.record import (
    ATTRIBUTABLE_BYTES,
    CELL_BYTES,
    DIGITS,
    MAX_RECORD_BYTES,
    MAX_RECORDS,
    MAX_WRITERS,
    MIN_RECORD_BYTES,
    decode,
    encode,
)

numbers = st.tuples(
    st.integers(0, MAX_WRITERS - 1), st.integers(0, MAX_RECORDS - 1), st.integers(MIN_RECORD_BYTES, 5000)
)


def by_the_book(writer: int, seq: int, length: int) -> bytes:
    """The record as the module's docstring describes it, cell by cell, sharing no code with it."""

    def base32(value: int, width: int) -> bytes:
        text = b""
        for _ in range(width):
            value, digit = divmod(value, 32)
            text = DIGITS[digit : digit + 1] + text
        return text

    line = b""
    while len(line) < length - 1:
        mark, place = (b">", length - 1) if not line else (b"+", len(line))
        twelve = mark + base32(writer, 2) + base32(seq, 5) + base32(place, 4)
        low = zlib.crc32(twelve) & 0xFFFFF
        line += twelve + bytes(0x40 + (low >> shift & 31) for shift in (15, 10, 5, 0))
    return line[: length - 1] + b"\n"


@given(numbers)
def test_a_record_is_what_the_documentation_says(case: tuple[int, int, int]) -> None:
    assert encode(*case) == by_the_book(*case)


@given(numbers)
def test_a_record_is_one_printable_line(case: tuple[int, int, int]) -> None:
    record = encode(*case)
    assert len(record) == case[2]
    assert record.endswith(b"\n")
    assert all(0x20 < byte < 0x7F for byte in record[:-1])


@given(numbers, st.data())
def test_any_32_bytes_tell_writer_record_and_place(case: tuple[int, int, int], data: st.DataObject) -> None:
    writer, seq, length = case
    record = encode(*case)
    start = data.draw(st.integers(0, length - ATTRIBUTABLE_BYTES))
    fragment = record[start : start + ATTRIBUTABLE_BYTES]
    cells = [(at, cell) for at in range(CELL_BYTES + 1) if (cell := decode(fragment[at : at + CELL_BYTES]))]
    assert (writer, seq, start) in [(cell.writer, cell.seq, cell.offset - at) for at, cell in cells]


def test_the_head_names_the_length() -> None:
    cell = decode(encode(7, 12345, 777)[:CELL_BYTES])
    assert cell is not None
    assert (cell.writer, cell.seq, cell.offset, cell.length) == (7, 12345, 0, 777)


@given(numbers, st.integers(0, CELL_BYTES - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_cell_goes_unnoticed(case: tuple[int, int, int], at: int, flip: int) -> None:
    cell = bytearray(encode(*case)[:CELL_BYTES])
    cell[at] ^= flip
    assert decode(bytes(cell)) is None


@pytest.mark.parametrize(
    ("writer", "seq", "length"),
    [
        (MAX_WRITERS, 0, 64),
        (-1, 0, 64),
        (0, MAX_RECORDS, 64),
        (0, 0, MIN_RECORD_BYTES - 1),
        (0, 0, MAX_RECORD_BYTES + 1),
    ],
)
def test_what_does_not_fit_is_refused(writer: int, seq: int, length: int) -> None:
    with pytest.raises(ValueError, match="format"):
        encode(writer, seq, length)


def test_the_largest_record_is_a_mebibyte() -> None:
    assert len(encode(0, 0, MAX_RECORD_BYTES)) == 2**20

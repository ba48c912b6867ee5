"""Pieces of records that were damaged inside their first or last cell: given back, byte by byte, and never more."""

from pathlib import Path

import numpy as np
import pytest

from harness.analysis.ends import with_ends
from harness.analysis.spans import Fragments, Tokens
from harness.trace.record import ATTRIBUTABLE_BYTES, encode
from tests.analysis.accounts import analysed, write_journals

KEY, LENGTH = 7, 60
LINE = encode(0, KEY, LENGTH)


def fragments(*rows: tuple[int, int, int, int]) -> Fragments:
    """Pieces of the record: position, size, offset in it, length that the piece tells."""
    pos, size, start, length = np.array(rows, np.int64).T
    none = np.zeros(pos.size, np.int64)
    return Fragments(pos, size, none + KEY, start, length, none, none.copy())


def tokens(*rows: tuple[int, bytes]) -> Tokens:
    text = np.zeros((len(rows), ATTRIBUTABLE_BYTES), np.uint8)
    for row, (_, part) in enumerate(rows):
        text[row, : len(part)] = np.frombuffer(part, np.uint8)
    pos = np.array([at for at, _ in rows], np.int64)
    size = np.array([len(part) for _, part in rows], np.int64)
    return Tokens(pos, size, text, np.full(len(rows), -1), np.stack([pos, pos + size], axis=1))


def told(found: tuple[Fragments, Tokens]) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]]]:
    pieces, left = found
    columns = zip(pieces.pos.tolist(), pieces.size.tolist(), pieces.start.tolist(), strict=True)
    return list(columns), list(zip(left.pos.tolist(), left.size.tolist(), strict=True))


def test_a_tail_where_the_record_has_it() -> None:
    token = (48, b"~~~~~~~~" + LINE[56:])
    found = told(with_ends(fragments((0, 48, 0, LENGTH)), tokens(token)))
    assert found == ([(0, 48, 0), (56, 4, 56)], [(48, 8)])


def test_a_head_where_the_record_has_it() -> None:
    token = (0, LINE[:5] + b"~~~~~~~~~~~")
    found = told(with_ends(fragments((16, 44, 16, LENGTH)), tokens(token)))
    assert found == ([(16, 44, 16), (0, 5, 0)], [(5, 11)])


def test_what_agrees_with_nothing_stays() -> None:
    found = told(with_ends(fragments((0, 48, 0, LENGTH)), tokens((48, b"~~~~~~~~~~~~"))))
    assert found == ([(0, 48, 0)], [(48, 12)])


def test_a_length_that_only_another_piece_tells() -> None:
    """As at the joint of two blocks: the piece beside the token has no head, so does not know its own length."""
    pieces = fragments((0, 42, 0, LENGTH), (53, 16, 16, 0))
    found = told(with_ends(pieces, tokens((69, LINE[58:]))))
    assert found == ([(0, 42, 0), (53, 16, 16), (69, 2, 58)], [])


@pytest.mark.parametrize("block", [49, 64, 66, 80, 4096])
def test_bytes_sum_where_a_copy_without_head_stands_behind_a_cut(block: int, tmp_path: Path) -> None:
    text = encode(0, 0, LENGTH)
    for middle in (b"000001\n0000", b"0000>0000000001rL", b"0+0000000000gVIRR+00"):
        analysed(tmp_path, text[:42] + middle + text[16:32] + b"1\n", block_bytes=block)


@pytest.mark.parametrize("cut", range(1, 16))
def test_a_head_cell_that_was_overwritten_in_part(cut: int, tmp_path: Path) -> None:
    rows = {(0, seq): (64, 1 + seq, 0, 0, 2 + seq) for seq in range(3)}
    lines = [encode(0, seq, 64) for seq in range(3)]
    lines[1] = lines[1][:cut] + b"~" * (16 - cut) + lines[1][16:]
    found = analysed(tmp_path, b"".join(lines), write_journals(tmp_path, rows))
    assert (found.records.intact, found.records.truncated) == (2, 1)
    assert (found.bytes.fragment, found.bytes.foreign) == (48 + cut, 16 - cut)

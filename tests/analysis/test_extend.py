"""Runs of cells become fragments: as far as the bytes beside them agree, and no neighbour has them."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from harness.analysis.cells import Ints
from harness.analysis.extend import LengthOf, extend
from harness.analysis.find import longest
from harness.analysis.runs import find_runs
from harness.analysis.scan import MARGIN_BYTES
from harness.model import AnomalyKind
from harness.trace.record import check, encode, place
from tests.analysis.accounts import analysed, write_journals

LENGTH = 100
LINE, OTHER = encode(0, 5, LENGTH), encode(1, 9, LENGTH)


def unknown(key: Ints) -> Ints:
    return np.zeros_like(key)


def known(key: Ints) -> Ints:
    return np.full_like(key, LENGTH)


def extended(text: bytes, length_of: LengthOf = unknown) -> list[tuple[int, int, int]]:
    """Position, size and record offset of the fragments in a text, without those of size 0."""
    data = np.frombuffer(bytes(MARGIN_BYTES) + text + bytes(MARGIN_BYTES), np.uint8)
    none = np.zeros(0, np.int64)
    runs = find_runs(data, MARGIN_BYTES, MARGIN_BYTES + len(text), none, none)
    floor, ceiling = np.insert(runs.end[:-1], 0, 0), np.append(runs.pos[1:], data.size)
    known = length_of(runs.key)
    length = longest(runs.key, np.where(known > 0, known, runs.length))
    found = extend(data, runs, length, floor, ceiling, none)
    found = found.take(found.size > 0)
    columns = zip((found.pos - MARGIN_BYTES).tolist(), found.size.tolist(), found.start.tolist(), strict=True)
    return list(columns)


@pytest.mark.parametrize("start", [0, 1, 15, 16, 17, 40])
@pytest.mark.parametrize("end", [72, 80, 90, 99, 100])
def test_a_cut_piece_is_told_to_the_byte(start: int, end: int) -> None:
    text = b"~" * 20 + LINE[start:end] + b"~" * 20
    assert extended(text, known) == [(20, end - start, start)]


def test_without_a_known_length_a_newline_tells_it() -> None:
    assert extended(b"~~" + LINE[33:] + b"~~") == [(2, 67, 33)]


def test_a_head_cell_is_read_only_with_a_known_length() -> None:
    piece = b"~~" + LINE[3:60] + b"~~"
    assert extended(piece, known) == [(2, 57, 3)]
    assert extended(piece) == [(2 + 13, 44, 16)]


def test_two_records_share_nothing() -> None:
    found = extended(LINE[:50] + OTHER[20:])
    assert found[0][0] == 0
    assert sum(size for _, size, _ in found) <= 130
    assert all(one[0] + one[1] <= other[0] for one, other in pairwise(found))


def test_a_run_that_contradicts_the_length_is_none() -> None:
    def shorter(key: Ints) -> Ints:
        return np.full_like(key, 64)

    assert extended(b"~" + LINE[:50] + b"~", shorter) == []


def test_nothing_is_nothing() -> None:
    assert extended(b"~~~~") == []


@pytest.mark.parametrize("length", [48, 64, 128])
def test_a_last_cell_by_chance_takes_nothing_from_its_record(length: int, tmp_path: Path) -> None:
    line = encode(0, 1, length)
    twelve = b"+" + line[1:8] + place(length - 16)
    text = encode(0, 0, length) + line[:-1] + check(twelve)[-1:] + encode(0, 2, length)
    rows = {(0, seq): (length, 1 + seq, 0, 0, 2 + seq) for seq in range(3)}
    found = analysed(tmp_path, text, write_journals(tmp_path, rows))
    (cut,) = found.anomalies[:1]
    assert (cut.kind, cut.offset, cut.length) == (AnomalyKind.TRUNCATED, length, length - 1)
    assert (found.bytes.fragment, found.bytes.foreign) == (length - 1, 1)


@pytest.mark.parametrize("start", range(1, 16))
def test_a_piece_from_within_the_first_cell_is_told_without_journals(start: int, tmp_path: Path) -> None:
    lines = [encode(0, seq, 128) for seq in range(3)]
    found = analysed(tmp_path, lines[0] + lines[1][start:100] + lines[2])
    assert (found.records.truncated, found.bytes.fragment, found.bytes.foreign) == (1, 100 - start, 0)

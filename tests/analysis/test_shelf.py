"""Records that stay open: kept until the end, within bounds."""

from itertools import permutations
from pathlib import Path
from random import Random

import pytest

from harness.analysis import shelf, tally
from harness.trace.record import encode
from tests.analysis.accounts import analysed

RECORDS = 300


@pytest.fixture(autouse=True)
def aging_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is open goes to the shelf with the next block."""
    monkeypatch.setattr(tally, "MOST_OPEN", 4)
    monkeypatch.setattr(tally, "NEAR_BYTES", 0)


def _halves() -> tuple[list[bytes], list[bytes]]:
    lines = [encode(seq % 4, seq // 4, 100) for seq in range(RECORDS)]
    return [line[:48] for line in lines], [line[48:] for line in lines]


@pytest.mark.parametrize("batch", [1, 50, shelf.BATCH])
def test_halves_far_apart_find_each_other(batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "BATCH", batch)
    first, second = _halves()
    Random(1).shuffle(second)
    found = analysed(tmp_path, b"".join(first + second), block_bytes=1000)
    assert found.records.interleaved == found.records.attempted == RECORDS
    assert found.bytes.fragment == found.bytes.total == 100 * RECORDS
    assert not found.notes


@pytest.mark.parametrize("batch", [1, 50, shelf.BATCH])
def test_each_truncated_record_is_counted_once(batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "BATCH", batch)
    first, _ = _halves()
    found = analysed(tmp_path, b"".join(first), block_bytes=1000)
    assert found.records.truncated == found.records.attempted == RECORDS
    assert found.causes == {"cut short": RECORDS - 1, "end of file cut off": 1}
    assert [one.offset for one in found.anomalies] == [48 * row for row in range(RECORDS)]


def test_beyond_the_bound_the_oldest_stay_truncated_and_a_note_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "BATCH", 10)
    monkeypatch.setattr(shelf, "MOST", 100)
    first, second = _halves()
    found = analysed(tmp_path, b"".join(first + second[-30:] + second[:10]), block_bytes=1000)
    assert found.records.interleaved == 30
    assert found.records.truncated == RECORDS - 30
    assert found.bytes.fragment == found.bytes.total
    assert any("too many records are torn" in note for note in found.notes)


def test_where_too_many_belong_together_each_batch_is_settled_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "BATCH", 10)
    monkeypatch.setattr(shelf, "MOST_TOGETHER", 50)
    first, second = _halves()
    found = analysed(tmp_path, b"".join(first + second), block_bytes=1000)
    assert found.records.truncated == RECORDS
    assert any("too many records are torn" in note for note in found.notes)


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_a_copy_that_comes_late_makes_its_pieces_extra(
    order: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "BATCH", 1)
    lines = [encode(0, seq, 100) for seq in range(3)]
    text = b"".join(line[:60] for line in lines) + b"".join(lines[seq] for seq in order)
    found = analysed(tmp_path, text, block_bytes=60)
    assert (found.records.intact, found.records.truncated) == (3, 0)
    assert (found.bytes.intact, found.bytes.extra) == (300, 180)
    assert not found.causes

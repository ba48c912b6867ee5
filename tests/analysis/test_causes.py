"""Each mechanism, imitated, is named as the cause; what has no evidence is unknown."""

from pathlib import Path
from random import Random

import pytest

from harness.trace.record import encode
from tests.analysis.accounts import analysed, write_journals

WRITERS = 4


def interleaved(pieces: list[list[bytes]], seed: int = 0) -> bytes:
    """The pieces of some streams in a random order that keeps that of each."""
    random, queues, text = Random(seed), [list(reversed(own)) for own in pieces], []
    while queues := [queue for queue in queues if queue]:
        text.append(random.choice(queues).pop())
    return b"".join(text)


def streams(records: int, length: int) -> list[list[bytes]]:
    return [[encode(writer, seq, length) for seq in range(records)] for writer in range(WRITERS)]


def acknowledged(records: int, length: int, enter: int = 0) -> dict[tuple[int, int], tuple[int, int, int, int, int]]:
    return {
        (writer, seq): (length, 10 * seq + 1, enter and 10 * seq + 2, enter and 10 * seq + 8, 10 * seq + 9)
        for writer in range(WRITERS)
        for seq in range(records)
    }


def test_two_writes(tmp_path: Path) -> None:
    for cut in (50, 37):
        pieces = [[part for line in own for part in (line[:cut], line[cut:])] for own in streams(50, 100)]
        found = analysed(tmp_path, interleaved(pieces))
        assert found.records.interleaved > 50
        assert set(found.causes) == {"two writes per record"}
        evidence = next(one.cause for one in found.anomalies)
        assert ("half its length" if cut == 50 else "record offset 37") in evidence


def test_a_buffer(tmp_path: Path) -> None:
    whole = [b"".join(own) for own in streams(400, 100)]
    pieces = [[stream[at : at + 4096] for at in range(0, len(stream), 4096)] for stream in whole]
    found = analysed(tmp_path, interleaved(pieces), write_journals(tmp_path, acknowledged(400, 100)))
    assert found.records.interleaved > 10
    assert set(found.causes) == {"buffer boundary"}
    assert "multiple of 4096 bytes of its writer's stream" in found.anomalies[0].cause


def test_a_buffer_within_long_records(tmp_path: Path) -> None:
    pieces = [[part for line in own for part in (line[:4096], line[4096:])] for own in streams(10, 5000)]
    found = analysed(tmp_path, interleaved(pieces))
    assert set(found.causes) == {"buffer boundary"}
    assert "multiple of 4096 bytes of the record" in found.anomalies[0].cause


def test_a_small_buffer(tmp_path: Path) -> None:
    whole = [b"".join(own) for own in streams(400, 77)]
    pieces = [[stream[at : at + 1024] for at in range(0, len(stream), 1024)] for stream in whole]
    found = analysed(tmp_path, interleaved(pieces))
    assert found.records.interleaved > 50
    assert found.causes["buffer boundary"] >= 0.85 * found.records.interleaved
    assert any("multiple of 1024 bytes of its writer's stream" in one.cause for one in found.anomalies)


def test_halves_of_the_size_of_a_buffer_may_be_either(tmp_path: Path) -> None:
    pieces = [[part for line in own for part in (line[:4096], line[4096:])] for own in streams(10, 8192)]
    found = analysed(tmp_path, interleaved(pieces))
    assert set(found.causes) == {"two writes or buffer boundary"}
    assert "half its length, which is a multiple of 4096 bytes" in found.anomalies[0].cause


def test_two_holders_of_a_lock(tmp_path: Path) -> None:
    pieces = [[part for line in own for part in (line[:50], line[50:])] for own in streams(50, 100)]
    found = analysed(tmp_path, interleaved(pieces), write_journals(tmp_path, acknowledged(50, 100, enter=1)))
    assert found.history.mutual_exclusion
    assert set(found.causes) == {"two lock holders"}


def test_overwritten(tmp_path: Path) -> None:
    """lseek and write without O_APPEND: the longer record's end stands behind the shorter one."""
    text = encode(0, 0, 100) + encode(1, 0, 100) + encode(2, 0, 300)[100:] + encode(0, 1, 100)
    found = analysed(tmp_path, text)
    assert found.causes == {"overwritten": 1}


def test_a_lost_update(tmp_path: Path) -> None:
    rows = {(writer, 0): (100, 1, 0, 0, 5 + writer) for writer in range(3)}
    found = analysed(tmp_path, encode(1, 0, 100), write_journals(tmp_path, rows))
    assert found.causes == {"written at the same time as others": 2}


def test_a_hole_and_a_cut_file(tmp_path: Path) -> None:
    text = encode(0, 0, 100)[:40] + bytes(60) + encode(1, 0, 100) + encode(2, 0, 100)[:70]
    found = analysed(tmp_path, text)
    assert found.causes == {"hole": 1, "end of file cut off": 1}


@pytest.mark.parametrize("cut", [40, 61])
def test_one_tear_is_no_evidence(cut: int, tmp_path: Path) -> None:
    line = encode(0, 0, 100)
    found = analysed(tmp_path, line[:cut] + encode(1, 0, 100) + line[cut:])
    assert found.causes == {"unknown": 1}


@pytest.mark.parametrize(("length", "cut"), [(96, 32), (192, 64), (320, 128), (200, 56), (64, 40)])
def test_one_offset_is_no_buffer_though_some_of_its_tears_lie_on_multiples(
    length: int, cut: int, tmp_path: Path
) -> None:
    pieces = [[part for line in own for part in (line[:cut], line[cut:])] for own in streams(150, length)]
    found = analysed(tmp_path, interleaved(pieces))
    assert found.records.interleaved > 200
    assert set(found.causes) == {"two writes per record"}

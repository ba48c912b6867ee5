"""Pieces below 32 bytes: told where what adjoins them leaves no doubt, however many there are."""

from pathlib import Path
from random import Random

import pytest

from harness.analysis import edges, tally
from harness.trace.record import encode
from tests.analysis.accounts import analysed

WRITERS = 8


def _torn(records: int, length: int, cut: int) -> bytes:
    """Each record in two writes, those of eight writers in a random order."""
    random, text = Random(length * cut), []
    queues = [
        [part for seq in range(records) for part in _parts(encode(writer, seq, length), cut)][::-1]
        for writer in range(WRITERS)
    ]
    while queues := [queue for queue in queues if queue]:
        text.append(random.choice(queues).pop())
    return b"".join(text)


def _parts(line: bytes, cut: int) -> tuple[bytes, bytes]:
    return line[:cut], line[cut:]


@pytest.mark.parametrize(("length", "cut"), [(64, 40), (100, 90), (48, 32), (100, 20), (200, 172)])
def test_as_many_as_a_run_leaves_are_told(length: int, cut: int, tmp_path: Path) -> None:
    found = analysed(tmp_path, _torn(2000, length, cut))
    assert found.records.interleaved > 13_000
    assert found.records.truncated <= 2
    assert found.causes["two writes per record"] == found.records.interleaved


@pytest.mark.parametrize("length", [40, 48, 49, 64])
def test_halves_in_each_other_are_told_wherever_they_are_cut(length: int, tmp_path: Path) -> None:
    before, behind = encode(0, 0, length), encode(0, 1, length)
    one, other = encode(1, 1, length), encode(2, 1, length)
    for cut in range(1, length):
        text = before + one[:cut] + other[: length - cut] + one[cut:] + other[length - cut :] + behind
        found = analysed(tmp_path, text)
        assert (found.records.interleaved, found.records.truncated, found.bytes.foreign) == (2, 0, 0), cut


@pytest.mark.parametrize("replaced", [1, 2, 5, 9])
def test_bytes_overwritten_in_place_are_looked_for_nowhere_else(replaced: int, tmp_path: Path) -> None:
    random, lines, damaged = Random(replaced), [], 0
    for seq in range(2000):
        line = encode(seq % WRITERS, seq // WRITERS, 200)
        at = random.randrange(20, 184 - replaced)  # before the last cell
        other = bytes(random.choice(b"0123456789abcdefghijklmnopqrstuv@ABC") for _ in range(replaced))
        if seq % 5 < 2:
            damaged += line[at : at + replaced] != other
            line = line[:at] + other + line[at + replaced :]
        lines.append(line)
    found = analysed(tmp_path, b"".join(lines))
    assert (found.records.truncated, found.records.interleaved) == (damaged, 0)
    assert found.records.intact == 2000 - damaged


@pytest.mark.parametrize("cut", range(34, 47))
def test_a_head_and_a_tail_side_by_side_are_told_though_together_they_are_long(cut: int, tmp_path: Path) -> None:
    before, behind = encode(0, 0, 64), encode(0, 1, 64)
    one, other = encode(1, 1, 64), encode(2, 1, 64)
    for head in range(2, 32):
        text = before + one[:cut] + other[:head] + one[cut:] + other[head:] + behind
        found = analysed(tmp_path, text)
        assert (found.records.interleaved, found.records.truncated, found.bytes.foreign) == (2, 0, 0), head


def test_of_small_records_torn_at_any_byte_nearly_all_are_told(tmp_path: Path) -> None:
    random, text = Random(1), []
    for pair in range(5000):
        seq = pair // 4
        one, other = encode(2 * pair % WRITERS, seq, 64), encode(2 * pair % WRITERS + 1, seq, 64)
        i, j = random.randrange(1, 64), random.randrange(1, 64)
        text += [one[:i], other[:j], one[i:], other[j:]] if pair % 2 else [one, other]
    found = analysed(tmp_path, b"".join(text))
    assert found.records.intact >= 5000
    assert found.records.truncated <= 15


@pytest.mark.parametrize("before", range(5, 45, 3))
def test_what_was_overwritten_over_the_end_of_a_record_is_of_both(before: int, tmp_path: Path) -> None:
    one, other, last = encode(0, 0, 200), encode(1, 0, 200), encode(2, 0, 200)
    for behind in range(5, 45, 3):
        junk = b"\xff" * (before - 4) + one[-4:] + other[:4] + b"\xff" * (behind - 4)
        found = analysed(tmp_path, one[:-before] + junk + other[behind:] + last)
        assert (found.records.intact, found.records.interleaved, found.records.truncated) == (1, 0, 2)
        assert found.bytes.foreign == before + behind - 8


def test_of_equal_pieces_each_is_the_record_s_near_by(tmp_path: Path) -> None:
    """The heads of all records begin alike; one of them is lost, and the others are told all the same."""
    text = []
    for seq in range(0, 400, 2):
        one, other = encode(0, seq, 200), encode(0, seq + 1, 200)
        text += [one[:2], other[:100], one[2:], other[100:], *(encode(1, seq * 10 + k, 200) for k in range(10))]
    text[14 * 70] = b""
    found = analysed(tmp_path, b"".join(text))
    assert (found.records.interleaved, found.records.truncated, found.bytes.foreign) == (399, 1, 0)


@pytest.mark.parametrize("block", [3000, 20_000])
def test_few_pieces_wait_for_those_of_the_neighbouring_blocks(block: int, tmp_path: Path) -> None:
    random, text = Random(3), []
    for seq in range(0, 4000, 2):
        one, other = encode(0, seq, 200), encode(1, seq, 200)
        i, j = random.randrange(1, 200), random.randrange(1, 200)
        text += [one[:i], other[:j], one[i:], other[j:]] if seq % 20 == 0 else [one, other]
    expected = analysed(tmp_path, b"".join(text))
    assert expected.records.interleaved + expected.records.truncated == 400
    assert expected.records.truncated <= 2
    assert analysed(tmp_path, b"".join(text), block_bytes=block).records == expected.records


@pytest.mark.parametrize("replaced", [1, 2, 5, 9])
def test_ends_overwritten_in_place_are_looked_for_nowhere_else(replaced: int, tmp_path: Path) -> None:
    one, other, last = encode(0, 0, 100), encode(1, 0, 100), encode(2, 0, 100)
    junk = b"\xff" * replaced
    for begins in (True, False):
        stray = one[:replaced] if begins else one[-replaced:]
        damaged = junk + one[replaced:] if begins else one[:-replaced] + junk
        found = analysed(tmp_path, last + damaged + other[:50] + stray + other[50:])
        assert (found.records.intact, found.records.interleaved, found.records.truncated) == (1, 1, 1)
        assert found.bytes.foreign >= 2 * replaced - 1  # one byte may be right by chance


@pytest.mark.parametrize(
    ("junk", "foreign"), [(b"\xff\xffab", 4), (b"ab\xff", 3), (b"\xffab\xff", 4), (b"ab\xff\n", 4)]
)
def test_a_few_bytes_beside_foreign_ones_are_foreign_too(junk: bytes, foreign: int, tmp_path: Path) -> None:
    one, other = encode(0, 0, 100), encode(1, 0, 100)
    found = analysed(tmp_path, one[:50] + junk + one[50:] + junk + other)
    assert (found.records.interleaved, found.records.intact) == (1, 1)
    assert found.bytes.foreign == 2 * foreign
    assert [one.length for one in found.anomalies if one.kind == "foreign"] == [foreign, foreign]


@pytest.mark.parametrize("block", [1 << 23, 20_000])
def test_many_pieces_are_told_alike_whoever_has_the_last_look(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random, text, parted = Random(2), [], 0
    for seq in range(2000):
        line = encode(seq % WRITERS, seq // WRITERS, 200)
        at = random.randrange(180) if seq % 2 else 0
        parted += seq % 2
        text.append(line[:at] + random.randbytes(20) + line[at + 20 :] if seq % 2 else line)
    expected = analysed(tmp_path, b"".join(text))
    assert (expected.records.intact, expected.records.truncated) == (2000 - parted, parted)
    for module in (edges, tally):
        monkeypatch.setattr(module, "MOST_OPEN", 64)
        monkeypatch.setattr(module, "MOST_TOKENS", 32)
    found = analysed(tmp_path, b"".join(text), block_bytes=block)
    assert found.records == expected.records
    assert found.bytes == expected.bytes


@pytest.mark.parametrize("late", [2, 5, 20, 200])
@pytest.mark.parametrize("piece", [(199, 200), (0, 1), (198, 200), (100, 103)])
def test_a_few_bytes_are_told_however_late_they_come(piece: tuple[int, int], late: int, tmp_path: Path) -> None:
    lines = [encode(seq % WRITERS, seq // WRITERS, 200) for seq in range(600)]
    begin, end = piece
    part = lines[300][begin:end]
    lines[300] = lines[300][:begin] + lines[300][end:]
    lines[300 + late] += part
    found = analysed(tmp_path, b"".join(lines))
    assert (found.records.intact, found.records.interleaved, found.bytes.foreign) == (599, 1, 0)


@pytest.mark.parametrize("size", [1, 4, 9, 10, 20])
@pytest.mark.parametrize("block", [100_000, 400_000, 8 << 20])
def test_a_piece_in_another_block_is_told_far_from_every_joint(size: int, block: int, tmp_path: Path) -> None:
    lines = [encode(seq % WRITERS, seq // WRITERS, 200) for seq in range(12_000)]
    part, lines[50] = lines[50][-size:], lines[50][:-size]
    lines[7_250] += part
    found = analysed(tmp_path, b"".join(lines), block_bytes=block)
    assert (found.records.interleaved, found.records.truncated, found.bytes.foreign) == (1, 0, 0)

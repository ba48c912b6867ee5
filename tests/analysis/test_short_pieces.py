"""Pieces below 32 bytes: told where what adjoins them leaves no doubt, however many there are."""

from pathlib import Path
from random import Random

import pytest

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

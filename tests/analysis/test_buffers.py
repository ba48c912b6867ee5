"""Appended buffers, as stdio flushes them: nothing is lost or out of order, however short a torn-off piece is."""

from pathlib import Path
from random import Random

import pytest

from harness.trace.record import encode
from tests.analysis.accounts import analysed, write_journals

WRITERS, BUFFER_BYTES = 8, 4096


def appended(records: int, length: int, random: Random) -> bytes:
    """Each writer's stream in buffers, appended in random order."""
    streams = [b"".join(encode(writer, seq, length) for seq in range(records)) for writer in range(WRITERS)]
    text = bytearray()
    while any(streams):
        writer = random.choice([writer for writer in range(WRITERS) if streams[writer]])
        text += streams[writer][:BUFFER_BYTES]
        streams[writer] = streams[writer][BUFFER_BYTES:]
    return bytes(text)


@pytest.mark.parametrize(("length", "seed"), [(200, 0), (200, 5), (200, 23), (200, 29), (200, 36), (100, 0), (100, 8)])
def test_torn_buffers_are_put_together_again(length: int, seed: int, tmp_path: Path) -> None:
    records = 2000 if length == 200 else 1000
    rows = {(writer, seq): (length, 1 + seq, 0, 0, 2 + seq) for writer in range(WRITERS) for seq in range(records)}
    found = analysed(tmp_path, appended(records, length, Random(seed)), write_journals(tmp_path, rows))
    assert (found.records.truncated, found.records.lost, found.records.reordered) == (0, 0, 0)
    assert found.bytes.foreign == 0
    assert set(found.causes) == {"buffer boundary"}


@pytest.mark.parametrize("seed", range(4))
def test_ambiguous_pieces_do_not_tell_of_order(seed: int, tmp_path: Path) -> None:
    found = analysed(tmp_path, appended(1000, 333, Random(seed)))
    assert found.records.reordered == 0

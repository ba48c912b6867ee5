"""The log of reads: what was noted comes back, examples are bounded, and a broken file is told."""

import struct
from pathlib import Path

import pytest

from harness.trace.document import Run, Saw, State, inspect, version_of
from harness.trace.reads import COLUMNS, Example, ReadLog, file_bytes, file_name, load
from harness.trace.record import encode

WHOLE = encode(0, 3, 64)


def column(raw: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(raw) // 8}q", raw)


def test_reads_come_back_as_noted(tmp_path: Path) -> None:
    log = ReadLog(2)
    log.add(10, 15, inspect(WHOLE), WHOLE)
    log.add(20, 25, State(Saw.ABSENT), b"")
    log.add(30, 35, inspect(WHOLE[:32]), WHOLE[:32])
    log.write(tmp_path)
    found = load(tmp_path / file_name(2))
    assert (found.observer, found.rows) == (2, 3)
    assert {name: column(raw) for name, raw in found.columns.items()} == {
        "begin": (10, 20, 30),
        "end": (15, 25, 35),
        "saw": (Saw.WHOLE, Saw.ABSENT, Saw.PARTIAL),
        "version": (version_of(0, 3), -1, version_of(0, 3)),
        "size": (64, 0, 32),
    }
    assert found.examples == (Example(1, (), b""), Example(2, (Run(0, 3, 0, 32),), WHOLE[:32]))


def test_a_log_without_reads(tmp_path: Path) -> None:
    ReadLog(0).write(tmp_path)
    found = load(tmp_path / file_name(0))
    assert (found.rows, found.examples) == (0, ())
    assert set(found.columns) == set(COLUMNS)


def test_two_examples_of_each_kind_around_the_seam(tmp_path: Path) -> None:
    log = ReadLog(0)
    mixed = encode(0, 4, 512)[:256] + encode(0, 3, 512)[256:]
    for _ in range(5):
        log.add(1, 2, inspect(mixed), mixed)
        log.add(1, 2, inspect(b""), b"")
    log.write(tmp_path)
    examples = load(tmp_path / file_name(0)).examples
    assert [one.read for one in examples] == [0, 1, 2, 3]
    assert examples[0].excerpt == mixed[256 - 60 : 256 + 100]


def test_a_full_log_says_so() -> None:
    log = ReadLog(0, most=1)
    assert not log.full
    log.add(1, 2, State(Saw.EMPTY), b"")
    assert log.full


def test_its_size_is_within_what_is_reserved(tmp_path: Path) -> None:
    log = ReadLog(0)
    for number in range(1000):
        log.add(number, number, inspect(WHOLE[:32]), WHOLE[:32])
    log.write(tmp_path)
    assert (tmp_path / file_name(0)).stat().st_size <= file_bytes(1000, 1)


def test_files_that_are_no_logs_are_told(tmp_path: Path) -> None:
    log = ReadLog(0)
    log.add(1, 2, State(Saw.EMPTY), b"")
    log.write(tmp_path)
    path = tmp_path / file_name(0)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(ValueError, match="is cut short: 1 reads are expected"):
        load(path)
    path.write_bytes(b"something else")
    with pytest.raises(ValueError, match="is no log of reads"):
        load(path)

"""Strategies on the logging module: the file holds exactly the records, and an error is no acknowledgement."""

from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import pytest

from harness import strategies
from harness.strategies.base import Place, Rejected, Session
from harness.trace.record import encode

RECORDS = [encode(3, seq, length) for seq, length in enumerate([32, 200, 8191, 8192, 8193, 20_000, 64])]


def place(folder: Path, number: int = 3) -> Place:
    return Place(str(folder), str(folder), number, 8, "trial", 1, {})


def opened(name: str, folder: Path, **options: Any) -> Session:
    return strategies.load(name)(options).open(place(folder))


@pytest.mark.parametrize("name", ["log-file", "log-rotated", "log-rotating", "log-timed", "log-concurrent"])
def test_what_reaches_the_file_is_the_record(name: str, tmp_path: Path) -> None:
    session = opened(name, tmp_path)
    assert [session.write(record) for record in RECORDS] == [len(record) for record in RECORDS]
    session.close()
    assert (tmp_path / "shared.log").read_bytes() == b"".join(RECORDS)


@pytest.mark.parametrize("name", ["log-rotating", "log-concurrent"])
def test_rotated_files_are_read_oldest_first(name: str, tmp_path: Path) -> None:
    session = opened(name, tmp_path, max_bytes=1000, backups=12)
    records = [encode(3, seq, 200) for seq in range(50)]
    for record in records:
        session.write(record)
    session.close()
    files = strategies.load(name)({"max_bytes": 1000, "backups": 12}).files()
    present = [tmp_path / file for file in files if (tmp_path / file).exists()]
    assert len(present) > 5
    assert b"".join(path.read_bytes() for path in present) == b"".join(records)


def test_a_file_that_is_gone_in_a_rollover_refuses_one_record_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened("log-rotating", tmp_path, max_bytes=1000)
    for seq in range(4):
        session.write(encode(0, seq, 200))

    def gone(_handler: RotatingFileHandler, source: str, _target: str) -> None:
        raise FileNotFoundError(2, "No such file or directory", source)

    with monkeypatch.context() as patched:
        patched.setattr(RotatingFileHandler, "rotate", gone)
        with pytest.raises(Rejected, match="No such file"):
            session.write(encode(0, 4, 200))
    assert session.write(encode(0, 5, 200)) == 200
    session.close()
    assert (tmp_path / "shared.log").read_bytes() == encode(0, 5, 200)


@pytest.mark.parametrize("name", ["log-file", "log-rotated"])
def test_a_full_disk_is_an_error_and_no_acknowledgement(name: str, tmp_path: Path) -> None:
    (tmp_path / "shared.log").symlink_to("/dev/full")
    session = opened(name, tmp_path)
    with pytest.raises(OSError, match="No space left"):
        session.write(RECORDS[1])
    with suppress(OSError):
        session.close()


def test_files_of_each_writer_are_merged_by_time(tmp_path: Path) -> None:
    merged = strategies.load("log-merged")({})
    expected = []
    for seq in range(20):
        for number in (2, 0, 1):
            session = merged.open(place(tmp_path, number))
            expected.append(encode(number, seq, 100))
            session.write(expected[-1])
            session.close()
    merged.collect(place(tmp_path, 0))
    assert (tmp_path / "shared.log").read_bytes() == b"".join(expected)

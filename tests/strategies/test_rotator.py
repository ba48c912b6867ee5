"""The rotator: each way of rotation on real files."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.strategies import _rotator
from harness.strategies._rotator import METHODS, rotate_until, unpack

LINE = b"x" * 99 + b"\n"


def looks(times: int, between: Callable[[int], object] = lambda _: None) -> Callable[[], bool]:
    """``finished`` that says no so many times, and calls ``between`` with the number of the look."""
    number = 0

    def finished() -> bool:
        nonlocal number
        between(number)
        number += 1
        return number > times

    return finished


def test_a_log_is_rotated_whenever_it_has_grown_enough(tmp_path: Path) -> None:
    log = tmp_path / "shared.log"

    def write(look: int) -> None:
        with log.open("ab") as file:
            file.write(LINE * (200 if look % 2 else 1))

    assert rotate_until(looks(6, write), str(log), "rename", 16_000) == {"written to a removed file": 0}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "shared.log", "shared.log-0001", "shared.log-0002", "shared.log-0003",
    ]  # fmt: skip
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == len(LINE) * (4 + 3 * 200)


def test_each_log_has_its_own_numbers(tmp_path: Path) -> None:
    for name in ("writer-0000.log", "writer-0001.log"):
        (tmp_path / name).write_bytes(LINE * 200)
    rotate_until(looks(3), f"{tmp_path}/writer-????.log", "rename", 10_000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["writer-0000.log-0001", "writer-0001.log-0001"]


def test_copytruncate_keeps_the_file_and_empties_it(tmp_path: Path) -> None:
    log, copy = tmp_path / "log", tmp_path / "log-0001"
    log.write_bytes(LINE * 2000)
    inode = log.stat().st_ino
    METHODS["copytruncate"](str(log), str(copy))
    assert copy.read_bytes() == LINE * 2000
    assert (log.stat().st_ino, log.stat().st_size) == (inode, 0)


def test_copytruncate_never_writes_over_a_rotated_file(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(LINE)
    (tmp_path / "log-0001").write_bytes(LINE)
    with pytest.raises(FileExistsError):
        METHODS["copytruncate"](str(tmp_path / "log"), str(tmp_path / "log-0001"))


def test_a_writer_without_append_leaves_a_hole_that_takes_no_space(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb", buffering=0) as writer:
        writer.write(LINE * 2000)
        METHODS["copytruncate"](str(log), str(tmp_path / "log-0001"))
        writer.write(LINE)
    assert log.read_bytes() == bytes(len(LINE) * 2000) + LINE
    assert _rotator._taken_bytes(str(log)) < 50_000


def test_lines_that_go_into_a_removed_file_are_counted(tmp_path: Path) -> None:
    log = tmp_path / "shared.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(LINE * 200)

        def write_on(look: int) -> None:
            if look:
                writer.write(LINE)

        told = rotate_until(looks(5, write_on), str(log), "compress", 16_000)
    assert told == {"written to a removed file": 5}
    assert [path.name for path in tmp_path.iterdir()] == ["shared.log-0001.gz"]
    assert gzip.decompress((tmp_path / "shared.log-0001.gz").read_bytes()) == LINE * 200


def test_what_was_packed_is_unpacked_for_the_analysis(tmp_path: Path) -> None:
    (tmp_path / "shared.log-0001.gz").write_bytes(gzip.compress(LINE * 10))
    unpack(str(tmp_path))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("shared.log-0001", LINE * 10)]


def test_no_log_is_no_error(tmp_path: Path) -> None:
    rotate_until(looks(3), f"{tmp_path}/shared.log", "rename", 10_000)
    assert list(tmp_path.iterdir()) == []

"""Rotation from outside, as logrotate does it: a consumer in the role of the rotator.

It looks at the size of each log again and again, and rotates one that has grown beyond the limit. Rotated files are
named by number, oldest first, as with logrotate's ``dateext``, and none is removed.
"""

import glob
import gzip
import os
import shutil
import time
from collections.abc import Callable, Mapping
from typing import BinaryIO

from harness.strategies.base import APPEND

LOOK_EVERY_S = 0.0005
COPY_BYTES = 64 * 1024
BLOCK_BYTES = 512
"""the unit of st_blocks, whatever the file system's"""
WRITTEN_TO_REMOVED = "written to a removed file"


def rename(log: str, target: str) -> None:
    """``nocreate``: who writes to the log makes it anew."""
    os.rename(log, target)


def rename_and_compress(log: str, target: str) -> BinaryIO:
    """``compress`` without ``delaycompress``: the renamed file is packed and removed at once.

    What it holds when it is renamed is packed; to follow writers faster than itself would keep a compressor from ever
    ending. Returns the removed file, behind what was packed.
    """
    os.rename(log, target)
    plain = open(target, "rb")  # noqa: SIM115 - for the caller, who looks at what comes later
    with gzip.open(f"{target}.gz", "wb", compresslevel=1) as packed:
        packed.write(plain.read(os.fstat(plain.fileno()).st_size))
    os.unlink(target)
    return plain


def copy_and_truncate(log: str, target: str) -> None:
    """``copytruncate``: what is written between the last read and the truncation is in neither file.

    Copied until the end of the file, the copy brought to the disk, then truncated, as in logrotate's own source.
    """
    source = os.open(log, os.O_RDWR | os.O_CLOEXEC)
    copy = os.open(target, APPEND | os.O_EXCL, 0o666)
    while data := os.read(source, COPY_BYTES):
        os.write(copy, data)
    os.fsync(copy)
    os.ftruncate(source, 0)
    os.close(copy)
    os.close(source)


METHODS: Mapping[str, Callable[[str, str], BinaryIO | None]] = {
    "rename": rename,
    "compress": rename_and_compress,
    "copytruncate": copy_and_truncate,
}


def rotate_until(finished: Callable[[], bool], logs: str, method: str, size_bytes: int) -> dict[str, int]:
    """Rotate each file that the pattern ``logs`` matches whenever it takes up ``size_bytes``, until all is written.

    Returns the lines that went into files that were removed by then.
    """
    rotate, numbers = METHODS[method], dict[str, int]()
    removed: list[BinaryIO] = []
    while not finished():
        for log in glob.glob(logs):
            if _taken_bytes(log) >= size_bytes:
                numbers[log] = numbers.get(log, 0) + 1
                if gone := rotate(log, f"{log}-{numbers[log]:04}"):
                    removed.append(gone)
        time.sleep(LOOK_EVERY_S)
    return {WRITTEN_TO_REMOVED: sum(_lines_left(file) for file in removed)}


def unpack(directory: str) -> None:
    """Unpack what was compressed, for the analysis."""
    for packed in glob.glob(f"{glob.escape(directory)}/*.gz"):
        with gzip.open(packed, "rb") as source, open(packed.removesuffix(".gz"), "wb") as plain:
            shutil.copyfileobj(source, plain)
        os.unlink(packed)


def _taken_bytes(path: str) -> int:
    """What the file takes up, holes left out: a writer without O_APPEND goes on behind a hole after each truncation."""
    try:
        return os.stat(path).st_blocks * BLOCK_BYTES
    except FileNotFoundError:
        return 0


def _lines_left(file: BinaryIO) -> int:
    """Lines from where the file stands to its end; closes it."""
    with file:
        return sum(1 for _ in file)

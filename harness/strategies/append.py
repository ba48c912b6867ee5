"""Appends each record with ``write(2)`` on a descriptor opened with O_APPEND; nobody coordinates.

Promises: an intact, complete, ordered log. With one call per record the kernel keeps the promise on file
systems that lock the inode for the whole write (ext4, xfs, btrfs: measured, not guaranteed by a standard;
POSIX only says that the offset is set to the end before each write). With two calls per record nothing
protects the gap between them: the classic interleaving.

Storage: local file systems of one kernel; not NFS, where the client itself seeks and writes (open(2)).
Cost: nothing beyond the write; other costs are told relative to it.
System calls: ``write`` once or twice per record.
Source: write(2), open(2) on O_APPEND; POSIX write().
"""

import os
from collections.abc import Callable
from io import FileIO

from harness.strategies.base import APPEND, Option, Place, Session, Strategy


class Append(Strategy):
    """O_APPEND without coordination."""

    summary = "O_APPEND, one or two write(2) calls per record, no coordination"
    options = {"writes": Option(1, "write(2) calls per record", choices=(1, 2))}
    writes: int

    def open(self, place: Place) -> Session:
        file = open_raw(place.path())
        return Session(file.write if self.writes == 1 else two_writes(file), file.close)


def open_raw(path: str) -> FileIO:
    """The file, opened with O_APPEND and without any buffer: each ``write`` is one ``write(2)``.

    Its method is called faster than ``os.write`` through a partial: 60 ns of the 300 that a record costs beside the
    system call.
    """
    return FileIO(os.open(path, APPEND, 0o666), "a")


def two_writes(file: FileIO) -> Callable[[bytes], int]:
    """A write function that takes two calls per record, half of it each."""
    write = file.write

    def twice(data: bytes) -> int:
        half = len(data) // 2
        return write(data[:half]) + write(data[half:])

    return twice


STRATEGY = Append

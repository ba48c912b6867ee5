"""Counts in a shared file: read the number, add one, write it back; each number is the place of a record.

Promises that every number is given once, so that no record is lost. Bare, two writers read the same number and one
update is lost. Writing a temporary file and renaming it over the old one (``guard = "rename"``) makes the number whole
for readers and loses updates just the same: nothing joins the read to the write. flock around both does
(``guard = "flock"``).

Storage: local file systems of one kernel; the rename stays within one directory.
Cost: two calls more per record than an append; with rename, on ext4, a wait for the disk (auto_da_alloc); with
flock, the wait for its holder.
System calls: ``pread``, ``pwrite`` (or ``openat``, ``write``, ``rename``), and ``flock`` twice with that guard,
per record.
Source: rename(2), flock(2).
"""

import fcntl
import os

from harness.strategies import _ticket
from harness.strategies._locked import open_lock_file
from harness.strategies.base import LOG_PROMISES, Option, Place, Session, Strategy

WIDTH = 12


class CounterFile(Strategy):
    """Read, add one, write."""

    summary = "a counter in a file: read, add one, write back; bare, by rename, or under flock"
    promises = LOG_PROMISES
    options = {
        "guard": Option("bare", "what joins the read to the write", choices=("bare", "rename", "flock")),
    }
    guard: str

    def open(self, place: Place) -> Session:
        path = place.path("counter")
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666))
        lock = open_lock_file(place)
        put = _rename if self.guard == "rename" else _overwrite

        def unguarded() -> int:
            number = _read(path)
            put(path, number + 1, place.number)
            return number

        def guarded() -> int:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                return unguarded()
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

        return _ticket.session(place, guarded if self.guard == "flock" else unguarded, lambda: os.close(lock))


def _read(path: str) -> int:
    with open(path, "rb", buffering=0) as file:
        return int(file.read(WIDTH) or b"0")


def _overwrite(path: str, number: int, _writer: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    os.pwrite(file, b"%0*d" % (WIDTH, number), 0)
    os.close(file)


def _rename(path: str, number: int, writer: int) -> None:
    fresh = f"{path}.{writer}"
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    os.write(file, b"%0*d" % (WIDTH, number))
    os.close(file)
    os.rename(fresh, path)


STRATEGY = CounterFile

"""Logs through FileHandler or WatchedFileHandler while a rotator, in a container of its own, rotates the log.

Promises an intact, complete, ordered log over all files together. What comes of it depends on both sides:

- ``rename`` and WatchedFileHandler: kept. The handler looks before each record whether the name still means its open
  file, and opens it anew where not; a record that is too late for that goes to the end of the renamed file.
- ``rename`` and FileHandler: kept, but nothing is rotated. The handler goes on writing to the file that it opened,
  under its new name, and the log's own name stays vacant.
- ``compress``, which renames, packs and removes at once, and FileHandler: broken. What goes on into the removed file
  is lost; the rotator keeps it open, and says at the end how many lines that were.
- ``copytruncate``: broken, whatever the handler. What is written between the last read and the truncation is lost.
- ``copytruncate`` and a handler without O_APPEND (``mode = "w"``): it goes on at its old offset besides, behind a hole.

Storage: local file systems of one kernel; rename, and an inode that lives while it is open.
Cost: formatting and one flush per record, one ``stat`` more for WatchedFileHandler; copytruncate reads and writes
the whole log again.
System calls: one ``write`` per record, and one ``stat`` for WatchedFileHandler; the rotator's ``rename``, or
``read``, ``write``, ``fsync`` and ``ftruncate``.
Source: logrotate(8) on copytruncate ("there is a very small time slice between copying the file and truncating it,
so some logging data might be lost"), create and delaycompress, and its copyTruncate in logrotate.c; CPython's
Lib/logging/handlers.py (WatchedFileHandler.reopenIfNeeded).
"""

import glob
import logging
from collections.abc import Callable, Mapping
from logging.handlers import WatchedFileHandler
from typing import Any

from harness.strategies import _rotator
from harness.strategies._logging import DELIVERED, session
from harness.strategies.base import SHARED_FILE, Option, Place, Session, Strategy

VACANT = "the log's own name was vacant in the end: all that came after the rotation went into the renamed file"
OWN_FILE = "writer-{:04}.log"
OWN_FILES = "writer-????.log"


class LogRotated(Strategy):
    """A handler here, a rotator there."""

    summary = "FileHandler or WatchedFileHandler, and a rotator beside them: rename, compress or copytruncate"
    consumers = 1
    options = {
        "handler": Option("file", "which handler writes", choices=("file", "watched")),
        "mode": Option("a", "how the handler opens the file: append, or write", choices=("a", "w")),
        "own": Option(False, "each writer has a file of its own"),
        "rotation": Option("rename", "how the log is rotated", choices=tuple(_rotator.METHODS)),
        "rotate_bytes": Option(100_000, "size in bytes at which a file is rotated", minimum=10_000),
    }
    handler: str
    mode: str
    own: bool
    rotation: str
    rotate_bytes: int

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        if self.own:
            self.promises = DELIVERED

    def open(self, place: Place) -> Session:
        kind = WatchedFileHandler if self.handler == "watched" else logging.FileHandler
        name = OWN_FILE.format(place.number) if self.own else SHARED_FILE
        return session(kind(place.path(name), mode=self.mode, encoding="ascii"))

    def consume(self, place: Place, finished: Callable[[], bool]) -> dict[str, int]:
        logs = f"{glob.escape(place.directory)}/{self._logs()}"
        return _rotator.rotate_until(finished, logs, self.rotation, self.rotate_bytes)

    def collect(self, place: Place) -> str | None:
        _rotator.unpack(place.directory)
        current, rotated = (
            glob.glob(f"{glob.escape(place.directory)}/{name}") for name in (self._logs(), f"{self._logs()}-????")
        )
        return VACANT if self.handler == "file" and rotated and not current else None

    def files(self) -> tuple[str, ...]:
        return f"{self._logs()}-????", self._logs()

    def _logs(self) -> str:
        return OWN_FILES if self.own else SHARED_FILE


STRATEGY = LogRotated

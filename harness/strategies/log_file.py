"""Logs through ``logging.FileHandler`` to one file, from every container.

Promises an intact, complete, ordered log, which the logging cookbook does not: "there is no standard way to serialize
access to a single file across multiple processes". It holds all the same where one ``write(2)`` with O_APPEND is
whole, as the handler writes and flushes message and newline in one piece. With ``mode = "w"`` (``filemode="w"`` of
basicConfig) there is no O_APPEND: each process writes at an offset of its own, over what the others wrote.

Storage: local file systems of one kernel.
Cost: formatting and one flush per record.
System calls: one ``write`` per record, larger ones than 8 KiB included.
Source: CPython's Lib/logging/__init__.py (StreamHandler.emit, FileHandler); logging cookbook, "Logging to a single
file from multiple processes".
"""

import logging

from harness.strategies._logging import session
from harness.strategies.base import Option, Place, Session, Strategy


class LogFile(Strategy):
    """logging.FileHandler."""

    summary = "logging.FileHandler on one shared file"
    options = {"mode": Option("a", "how the handler opens the file: append, or write", choices=("a", "w"))}
    mode: str

    def open(self, place: Place) -> Session:
        return session(logging.FileHandler(place.path(), mode=self.mode, encoding="ascii"))


STRATEGY = LogFile

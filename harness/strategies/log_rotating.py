"""Logs through ``RotatingFileHandler`` to one file, from every container.

Promises an intact, complete, ordered log over all files together, as each process believes that it alone rolls over.
It is broken at rollover: every process that finds its own open file full renames all files, over and after the others,
so that files are overwritten, removed, or renamed while they are written to.

Storage: local file systems of one kernel.
Cost: a look at the file's size before each record; at rollover a rename of each file.
System calls: ``stat`` and ``lseek`` twice and ``write`` per record; at rollover ``rename`` of each file that there
is.
Source: CPython's Lib/logging/handlers.py (RotatingFileHandler.doRollover); logging cookbook, "Using file
rotation".
"""

from logging.handlers import RotatingFileHandler

from harness.strategies._logging import ROTATING_OPTIONS, numbered, session
from harness.strategies.base import Place, Session, Strategy


class LogRotating(Strategy):
    """logging.handlers.RotatingFileHandler."""

    summary = "RotatingFileHandler on one shared file: every process rolls over"
    options = ROTATING_OPTIONS
    max_bytes: int
    backups: int

    def open(self, place: Place) -> Session:
        return session(
            RotatingFileHandler(place.path(), maxBytes=self.max_bytes, backupCount=self.backups, encoding="ascii")
        )

    def files(self) -> list[str]:
        return numbered(self.backups)


STRATEGY = LogRotating

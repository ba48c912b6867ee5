"""Logs through ``TimedRotatingFileHandler`` to one file, from every container.

Promises an intact, complete, ordered log over all files together, as each process believes that it alone rolls over.
All of them do so in the same second, to the same new name. Before CPython 3.11.9 and 3.12.3 each removes what the one
before it put there, a whole interval; since then (gh-88352) the first to see no such file renames, and the others go
on writing to the renamed file, and ask again at every record.

Storage: local file systems of one kernel.
Cost: a look at the clock before each record; at rollover a look through the directory.
System calls: ``write`` per record; at rollover ``unlink`` and ``rename``.
Source: CPython's Lib/logging/handlers.py (TimedRotatingFileHandler.doRollover) and its issues 88352 and 130108.
"""

from logging.handlers import TimedRotatingFileHandler

from harness.strategies._logging import session
from harness.strategies.base import SHARED_FILE, Option, Place, Session, Strategy


class LogTimed(Strategy):
    """logging.handlers.TimedRotatingFileHandler."""

    summary = "TimedRotatingFileHandler on one shared file: every process rolls over, all at the same time"
    options = {"seconds": Option(1, "interval of the rotation", minimum=1, maximum=3600)}
    seconds: int

    def open(self, place: Place) -> Session:
        return session(TimedRotatingFileHandler(place.path(), when="S", interval=self.seconds, encoding="ascii"))

    def files(self) -> tuple[str, ...]:
        return f"{SHARED_FILE}.*", SHARED_FILE


STRATEGY = LogTimed

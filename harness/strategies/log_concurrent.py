"""Logs through concurrent-log-handler's ConcurrentRotatingFileHandler to one file, from every container.

Promises an intact, complete, ordered log over all files together, among processes that share one lock file: here on
the shared volume, beside the log. The lock is held from before the look whether to roll over until the record is
flushed, and a handler whose open file was renamed opens the log anew.

Storage: file systems with flock; lock file and log on the shared volume.
Cost: a lock, two looks at the file and a flush per record; at rollover everybody waits.
System calls per record: ``flock`` twice, ``stat``, ``fstat``, ``lseek``, ``write``; at rollover ``rename`` of each
file that there is.
Source: the library's README, "Simple usage"; flock(2).
"""

from harness.strategies._logging import ROTATING_OPTIONS, numbered, session
from harness.strategies.base import Place, Session, Strategy


class LogConcurrent(Strategy):
    """concurrent_log_handler.ConcurrentRotatingFileHandler."""

    summary = "concurrent-log-handler on one shared file: rolls over under a lock"
    options = ROTATING_OPTIONS
    max_bytes: int
    backups: int

    def open(self, place: Place) -> Session:
        from concurrent_log_handler import ConcurrentRotatingFileHandler  # only writers of this case pay for it

        return session(
            ConcurrentRotatingFileHandler(
                place.path(), maxBytes=self.max_bytes, backupCount=self.backups, encoding="ascii"
            )
        )

    def files(self) -> list[str]:
        return numbered(self.backups)


STRATEGY = LogConcurrent

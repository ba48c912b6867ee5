"""Takes the ``filelock`` library's FileLock around each record.

Promises an ordinary log and mutual exclusion on one host: the library takes flock(2) on the lock file, without
blocking, and polls every 50 ms while another holds it.

Storage: file systems with flock, which the lock file has to be on for all: the shared volume.
Cost: up to a polling interval for each wait: many times that of a lock that waits in the kernel.
System calls: ``openat``, ``flock``, ``close`` and ``write`` twice per record, and sleeps while polling.
Source: the filelock documentation, "FileLock" (UnixFileLock).
"""

from harness.strategies._locked import LOCK_FILE, LOCK_PROMISES, guarded, nothing
from harness.strategies.base import Place, Session, Strategy

PATIENCE_S = 60


class Filelock(Strategy):
    """filelock.FileLock around a two-write record."""

    summary = "the filelock library's FileLock around a two-write record"
    promises = LOCK_PROMISES

    def open(self, place: Place) -> Session:
        from filelock import FileLock  # only writers of this case pay for its import

        lock = FileLock(place.path(LOCK_FILE), timeout=PATIENCE_S)
        return guarded(place, lock.acquire, lock.release, nothing)


STRATEGY = Filelock

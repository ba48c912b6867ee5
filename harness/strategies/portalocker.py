"""Takes the ``portalocker`` library's Lock around each record.

Promises an ordinary log and mutual exclusion on one host: the library takes flock(2) on the lock file, by default
without blocking and polling every 250 ms while another holds it; here with its blocking flag, as its
documentation shows for waiting.

Storage: file systems with flock, which the lock file has to be on for all: the shared volume.
Cost: opening and closing the lock file for each record, and the wait for its holder.
System calls: ``openat``, ``flock`` twice, ``close`` and ``write`` twice per record.
Source: the portalocker documentation, "Lock" and "LockFlags".
"""

from harness.strategies._locked import LOCK_FILE, LOCK_PROMISES, guarded, nothing
from harness.strategies.base import Place, Session, Strategy


class Portalocker(Strategy):
    """portalocker.Lock around a two-write record."""

    summary = "the portalocker library's Lock around a two-write record"
    promises = LOCK_PROMISES

    def open(self, place: Place) -> Session:
        import portalocker  # only writers of this case pay for its import

        lock = portalocker.Lock(place.path(LOCK_FILE), mode="a", flags=portalocker.LockFlags.EXCLUSIVE)
        return guarded(place, lock.acquire, lock.release, nothing)


STRATEGY = Portalocker

"""Creates a lock file with O_CREAT|O_EXCL around each record and removes it afterwards.

Promises an ordinary log and mutual exclusion, on every file system with atomic exclusive create (local ones,
and NFS since version 3). A holder that dies leaves the lock behind for ever; nobody can tell from outside.

Storage: any with atomic exclusive create: local ones, and NFS since version 3.
Cost: up to a polling interval, which doubles, for each wait.
System calls: ``openat``, ``close``, ``unlink`` and ``write`` twice per record, and sleeps while polling.
Source: open(2) on O_EXCL.
"""

import os
from functools import partial

from harness.strategies._locked import LOCK_FILE, LOCK_PROMISES, guarded, nothing
from harness.strategies._polled import polled
from harness.strategies.base import Place, Session, Strategy


class Lockfile(Strategy):
    """O_EXCL lock file around a two-write record."""

    summary = "lock file by O_EXCL, polled, around a two-write record"
    promises = LOCK_PROMISES

    def open(self, place: Place) -> Session:
        path = place.path(LOCK_FILE)

        def create() -> None:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666))

        return guarded(place, polled(place, create), partial(os.unlink, path), nothing)


STRATEGY = Lockfile

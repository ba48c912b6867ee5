"""Makes a lock directory with ``mkdir(2)`` around each record and removes it afterwards.

Promises an ordinary log and mutual exclusion on every file system: mkdir is atomic everywhere, which is
why shell scripts use it. A holder that dies leaves the lock behind.

Storage: any, NFS included.
Cost: up to a polling interval, which doubles, for each wait.
System calls: ``mkdir``, ``rmdir`` and ``write`` twice per record, and sleeps while polling.
Source: mkdir(2).
"""

import os
from functools import partial

from harness.strategies._locked import LOCK_FILE, LOCK_PROMISES, guarded, nothing
from harness.strategies._polled import polled
from harness.strategies.base import Place, Session, Strategy


class Lockdir(Strategy):
    """mkdir lock around a two-write record."""

    summary = "lock directory by mkdir, polled, around a two-write record"
    promises = LOCK_PROMISES

    def open(self, place: Place) -> Session:
        path = place.path(LOCK_FILE)
        return guarded(place, polled(place, partial(os.mkdir, path)), partial(os.rmdir, path), nothing)


STRATEGY = Lockdir

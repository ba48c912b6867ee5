"""Takes a POSIX record lock (``fcntl(F_SETLKW)``, Python's ``fcntl.lockf``) around each record.

Promises an ordinary log and mutual exclusion among processes that all use fcntl locks on the same file. The
lock belongs to the process and is dropped when it closes *any* descriptor of that file.

Storage: local file systems; NFS where its locks are on.
Cost: waiting for the holder, in the kernel, and a wake-up.
System calls: ``fcntl`` twice and ``write`` twice per record.
Source: fcntl(2), "Advisory record locking".
"""

import fcntl
import os
from functools import partial

from harness.strategies._locked import LOCK_PROMISES, guarded, open_lock_file
from harness.strategies.base import Place, Session, Strategy


class FcntlLock(Strategy):
    """lockf around a two-write record."""

    summary = "POSIX fcntl lock on a lock file around a two-write record"
    promises = LOCK_PROMISES

    def open(self, place: Place) -> Session:
        lock = open_lock_file(place)
        return guarded(
            place,
            partial(fcntl.lockf, lock, fcntl.LOCK_EX),
            partial(fcntl.lockf, lock, fcntl.LOCK_UN),
            partial(os.close, lock),
        )


STRATEGY = FcntlLock

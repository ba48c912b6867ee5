"""Takes an open file description lock (``fcntl(F_OFD_SETLKW)``) around each record.

Promises an ordinary log and mutual exclusion among users of fcntl locks on the same file. Unlike a POSIX lock
it belongs to the open file, not to the process: threads exclude each other, and closing another descriptor
does no harm.

Storage: local file systems; NFS where its locks are on.
Cost: waiting for the holder, in the kernel, and a wake-up.
System calls: ``fcntl`` twice and ``write`` twice per record.
Source: fcntl(2), "Open file description locks".
"""

import fcntl
import os
import struct
from functools import partial

from harness.strategies._locked import LOCK_PROMISES, guarded, open_lock_file
from harness.strategies.base import Place, Session, Strategy

FLOCK = struct.Struct("hhqqi")
"""struct flock of 64-bit Linux: type, whence, start, length (0: to the end), pid (0 for OFD locks)"""


class OfdLock(Strategy):
    """F_OFD_SETLKW around a two-write record."""

    summary = "open file description lock on a lock file around a two-write record"
    promises = LOCK_PROMISES

    def open(self, place: Place) -> Session:
        lock = open_lock_file(place)
        take, give = (FLOCK.pack(kind, os.SEEK_SET, 0, 0, 0) for kind in (fcntl.F_WRLCK, fcntl.F_UNLCK))
        return guarded(
            place,
            partial(fcntl.fcntl, lock, fcntl.F_OFD_SETLKW, take),
            partial(fcntl.fcntl, lock, fcntl.F_OFD_SETLKW, give),
            partial(os.close, lock),
        )


STRATEGY = OfdLock

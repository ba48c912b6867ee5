"""Takes ``flock(2)`` on a lock file around each record.

Promises an ordinary log and mutual exclusion, among processes of one kernel that all use flock on the same
file of the shared volume. A lock file on each container's own file system (``lock = "private"``) excludes
nobody: the inodes differ.

Storage: local file systems; all have to lock the same file of the shared volume.
Cost: waiting for the holder, in the kernel, and a wake-up.
System calls: ``flock`` twice and ``write`` twice per record.
Source: flock(2); it does not see fcntl locks, and over NFS it is emulated by them.
"""

import fcntl
import os
from functools import partial

from harness.strategies._locked import LOCK_FILE, LOCK_PROMISES, guarded
from harness.strategies.base import Option, Place, Session, Strategy


class Flock(Strategy):
    """flock(LOCK_EX) around a two-write record."""

    summary = "flock(2) on a lock file around a two-write record"
    promises = LOCK_PROMISES
    options = {
        "lock": Option(
            "shared",
            "where the lock file lies: on the shared volume, or on each container's own file system",
            choices=("shared", "private"),
        )
    }
    lock: str

    def open(self, place: Place) -> Session:
        path = place.path(LOCK_FILE) if self.lock == "shared" else f"{place.private}/{LOCK_FILE}"
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        return guarded(
            place,
            partial(fcntl.flock, lock, fcntl.LOCK_EX),
            partial(fcntl.flock, lock, fcntl.LOCK_UN),
            partial(os.close, lock),
        )


STRATEGY = Flock

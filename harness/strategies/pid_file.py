"""Guards each record with a PID file; who finds the lock's owner dead removes it and takes over.

Promises an ordinary log and mutual exclusion, as daemons have done on one machine for decades. It is broken across
containers: a PID means nothing in another PID namespace. The owner's PID does not exist there, or is the reader's own
(an agent is PID 1 in its container), so that a live lock is taken for a stale one and stolen.

Storage: local file systems of one kernel.
Cost: up to a polling interval for each wait, and the lock itself whenever its owner lives in another container.
System calls: ``openat`` with O_EXCL, ``write``, ``kill(pid, 0)``, ``unlink`` per record.
Source: pid_namespaces(7), kill(2).
"""

import contextlib
import os

from harness.strategies._locked import LOCK_FILE, LOCK_PROMISES, guarded, nothing
from harness.strategies._polled import polled
from harness.strategies.base import Feature, Place, Session, Strategy


class PidFile(Strategy):
    """O_EXCL lock file that holds its owner's PID."""

    summary = "PID file, removed by whoever finds its owner dead, around a two-write record"
    promises = LOCK_PROMISES
    needs = (Feature.PID_NAMESPACES,)

    def open(self, place: Place) -> Session:
        path, me = place.path(LOCK_FILE), os.getpid()

        def create() -> None:
            if _owner_is_gone(path, me):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            lock = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
            os.write(lock, b"%d" % me)
            os.close(lock)

        def remove() -> None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

        return guarded(place, polled(place, create), remove, nothing)


def _owner_is_gone(path: str, me: int) -> bool:
    """Whether the lock file names a process that does not live, or this one, which knows that it holds nothing."""
    try:
        with open(path, "rb") as file:
            owner = file.read(32)
    except FileNotFoundError:
        return False
    if not owner.isdigit():
        return False
    if int(owner) == me:
        return True
    try:
        os.kill(int(owner), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


STRATEGY = PidFile

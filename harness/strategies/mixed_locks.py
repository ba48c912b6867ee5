"""Half of the writers take flock, the other half an fcntl lock, on the same lock file.

Promises mutual exclusion, as everybody who wrote one of the halves believes. It is broken: on local Linux file systems
the two kinds of lock do not see each other.

Storage: local file systems; over NFS flock is emulated by fcntl locks, and they do see each other (flock(2)).
Cost: waiting for one half of the others, and the records of the other half.
System calls: ``flock`` or ``fcntl`` twice and ``write`` twice per record.
Source: flock(2), NOTES.
"""

from harness.strategies._locked import LOCK_PROMISES
from harness.strategies.base import Place, Session, Strategy
from harness.strategies.fcntl_lock import FcntlLock
from harness.strategies.flock import Flock


class MixedLocks(Strategy):
    """Even writers flock, odd writers fcntl."""

    summary = "half of the writers flock, half fcntl, on the same lock file"
    promises = LOCK_PROMISES

    def open(self, place: Place) -> Session:
        return (Flock if place.number % 2 == 0 else FcntlLock)({}).open(place)


STRATEGY = MixedLocks

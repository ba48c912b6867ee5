"""What all lock strategies share: a record takes two writes, so that only the lock protects it."""

import os
from collections.abc import Callable

from harness.promise import Promise
from harness.strategies.append import open_raw, two_writes
from harness.strategies.base import LOG_PROMISES, Place, Session

LOCK_PROMISES = LOG_PROMISES | {Promise.MUTUAL_EXCLUSION}
LOCK_FILE = "shared.lock"


def open_lock_file(place: Place) -> int:
    """A descriptor of the lock file beside the data. Never the data itself: closing any descriptor of a file
    drops all of a process's POSIX locks on it."""
    return os.open(place.path(LOCK_FILE), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def guarded(
    place: Place, acquire: Callable[[], object], release: Callable[[], object], close: Callable[[], object]
) -> Session:
    """A session whose two-write records are enclosed by a lock."""
    data = open_raw(place.path())

    def close_all() -> None:
        data.close()
        close()

    return Session(two_writes(data), close_all, acquire, release)


def nothing() -> None:
    """For locks that hold no descriptor."""

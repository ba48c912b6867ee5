"""A shared counter that hands out places: whoever takes number n writes its record to place n of the file.

A lost update on the counter gives one number to two writers; the second overwrites the first, and an acknowledged
record is gone, with not one malformed line to show for it. Records of one trial have one size.
"""

import os
from collections.abc import Callable

from harness.strategies.base import SHARED_FILE, Place, Session


def session(place: Place, next_number: Callable[[], int], close: Callable[[], object]) -> Session:
    """A session that writes each record to the place that ``next_number`` gives, from 0."""
    file = os.open(place.path(SHARED_FILE), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)

    def write(data: bytes) -> int:
        return os.pwrite(file, data, next_number() * len(data))

    def close_all() -> None:
        os.close(file)
        close()

    return Session(write, close_all)

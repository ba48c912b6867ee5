"""Seeks to the end and writes, without O_APPEND.

Promises an ordinary log. It is broken: between ``lseek`` and ``write`` another writer moves the end, and the
two records land on the same place. Almost no line looks malformed; the records are gone.

Storage: local file systems of one kernel.
Cost: one call more per record than an append, and the records that others overwrite.
System calls: ``lseek`` and ``write`` per record.
Source: open(2) on O_APPEND, which exists for this reason.
"""

import os
from functools import partial

from harness.strategies.base import Place, Session, Strategy


class Seek(Strategy):
    """lseek(SEEK_END) and write(2)."""

    summary = "lseek to the end, then write(2), without O_APPEND"

    def open(self, place: Place) -> Session:
        descriptor = os.open(place.path(), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)

        def write(data: bytes) -> int:
            os.lseek(descriptor, 0, os.SEEK_END)
            return os.write(descriptor, data)

        return Session(write, partial(os.close, descriptor))


STRATEGY = Seek

"""Appends through Python's buffered text file: ``open(path, "a").write(record)``, as most scripts log.

Promises an intact, complete log, ordered per writer; buffered, so real-time order is not promised. The text
layer collects whole records and hands them down in one piece, and a record larger than the buffer goes out
in one ``write`` of its own, so nothing is torn (measured up to 20,000 bytes, docs/findings.md).

Storage: local file systems of one kernel.
Cost: less than an append, as one call takes many records; those in the buffer die with their process.
System calls: one ``write`` per about 8 KiB of records.
Source: CPython's Modules/_io/textio.c (pending bytes are flushed whole once they exceed the chunk size),
bufferedio.c (so is the buffer before a larger write) and io.DEFAULT_BUFFER_SIZE.
"""

from harness.promise import Promise
from harness.strategies.base import LOG_PROMISES, Place, Session, Strategy


class PythonText(Strategy):
    """``open(path, "a")`` and ``write``."""

    summary = 'Python\'s buffered text file: open(path, "a").write(record)'
    promises = LOG_PROMISES - {Promise.REAL_TIME_ORDER}

    def open(self, place: Place) -> Session:
        file = open(place.path(), "a", encoding="ascii")  # noqa: SIM115 - closed by the session

        def write(data: bytes) -> int:
            return file.write(data.decode("ascii"))

        return Session(write, file.close)


STRATEGY = PythonText

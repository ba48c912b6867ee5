"""Logs through ``logging.FileHandler`` to one file per writer; they are merged by time afterwards.

Promises an intact, complete, ordered log, and needs no coordination at all: nobody shares a file. Each line starts
with the time of its record, by which the files are merged when all writers are done. So real-time order holds on one
host, as all containers have its clock, and as long as nobody sets that.

Storage: any, also one that is not shared.
Cost: formatting and one flush per record; the merge, which is not timed.
System calls: one ``write`` per record.
Source: CPython's Lib/logging/__init__.py (LogRecord.created is taken when ``info`` is called); merge by key as by
sort(1), ``-m``.
"""

import glob
import heapq
import logging
from contextlib import ExitStack

from harness.strategies._logging import MESSAGE, logger_of, written
from harness.strategies.base import Place, Session, Strategy

TIMED = f"%(created)017.6f {MESSAGE}"
TIME_BYTES = len("1234567890.123456")


class LogMerged(Strategy):
    """A file per writer, merged by time."""

    summary = "FileHandler on one file per writer, merged by time afterwards"

    def open(self, place: Place) -> Session:
        handler = logging.FileHandler(place.path(f"writer-{place.number:04}.log"), encoding="ascii")
        return Session(written(logger_of(handler, TIMED)), handler.close)

    def collect(self, place: Place) -> None:
        with ExitStack() as stack:
            merged = stack.enter_context(open(place.path(), "wb"))
            names = sorted(glob.glob(f"{glob.escape(place.directory)}/writer-*.log"))
            logs = [stack.enter_context(open(name, "rb")) for name in names]
            for line in heapq.merge(*logs, key=lambda line: line[:TIME_BYTES]):
                merged.write(line[TIME_BYTES + 1 :])


STRATEGY = LogMerged

"""Keeps all records in one JSON document: read it, add a record, write it back.

Promises that every record is in the document. Bare (truncate and rewrite) and by temporary file and rename, updates are
lost: between one's read and write another's update goes unseen. With rename at least readers never see half a
document. Under flock around the whole of it no update is lost.

Storage: local file systems of one kernel.
Cost: the whole document is read and written for each record, so it grows with the document's size.
System calls: ``openat``, ``read``, ``write`` (and ``rename``) of the whole document per record: its cost grows
with its size.
Source: rename(2), flock(2).
"""

import fcntl
import json
import os
import time

from harness.promise import Promise
from harness.strategies._locked import open_lock_file
from harness.strategies.base import LOG_PROMISES, Option, Place, Rejected, Session, Strategy

DOCUMENT = "document.json"
READINGS = 40
READ_AGAIN_S = 0.0005


class JsonDocument(Strategy):
    """Read, add, write."""

    summary = "one JSON document: read, add a record, write back; bare, by rename, or under flock"
    promises = LOG_PROMISES - {Promise.REAL_TIME_ORDER}
    options = {
        "guard": Option("bare", "what joins the read to the write", choices=("bare", "rename", "flock")),
    }
    guard: str

    def open(self, place: Place) -> Session:
        path, lock = place.path(DOCUMENT), open_lock_file(place)

        def add(data: bytes) -> int:
            records = _read(path)
            records.append(data.decode("ascii"))
            fresh = f"{path}.{place.number}" if self.guard == "rename" else path
            with open(fresh, "w", encoding="ascii") as file:
                json.dump({"count": len(records), "records": records}, file)
            if fresh != path:
                os.rename(fresh, path)
            return len(data)

        def guarded(data: bytes) -> int:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                return add(data)
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

        return Session(guarded if self.guard == "flock" else add, lambda: os.close(lock))

    def collect(self, place: Place) -> None:
        try:
            records = _read(place.path(DOCUMENT))
        except Rejected:
            records = []
        with open(place.path(), "w", encoding="ascii") as file:
            file.writelines(records)


def _read(path: str) -> list[str]:
    """The document's records. One that cannot be parsed is read again, as careful programs do; one that stays
    broken raises Rejected: nobody can add to it any more."""
    for _ in range(READINGS):
        try:
            with open(path, encoding="ascii") as file:
                found: list[str] = json.load(file)["records"]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError):
            time.sleep(READ_AGAIN_S)
        else:
            return found
    raise Rejected("the document is broken")


STRATEGY = JsonDocument

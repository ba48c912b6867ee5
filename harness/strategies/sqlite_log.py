"""Inserts each record into a table of an SQLite database that lies on the shared volume.

Promises an ordinary log: committed rows are there, once, in order. With the rollback journal (``journal = "delete"``)
and, on one host, with the write-ahead log (``"wal"``: readers and writers share memory through a mapped file, which
works across containers of one kernel and on no network file system). With locking switched off (``locking = false``,
SQLite's ``nolock=1``) transactions overwrite each other's pages: rows vanish, and the file itself may be damaged.

Storage: file systems whose fcntl locks work: local ones; the write-ahead log on none but those.
Cost: a transaction with its fsync per record. When the trial is over, rows are written out as a file in the order
of their ids; what can no longer be read is lost.
System calls: ``fcntl``, ``pread``, ``pwrite`` and ``fdatasync`` of database and journal per record; ``openat`` and
``unlink`` of the rollback journal, or the mapped ``-shm`` file of the write-ahead log.
Source: sqlite.org, "How To Corrupt An SQLite Database File", "Write-Ahead Logging", "URI Filenames".
"""

import sqlite3
from collections.abc import Iterator

from harness.strategies._sqlite import connect
from harness.strategies.base import Option, Place, Rejected, Session, Strategy

DATABASE = "log.db"
MOST_ROWS = 10_000_000


class SqliteLog(Strategy):
    """INSERT, one transaction per record."""

    summary = "a table of an SQLite database on the volume, one transaction per record"
    options = {
        "journal": Option("delete", "SQLite's journal mode", choices=("delete", "wal")),
        "locking": Option(True, "whether SQLite locks the file; false is nolock=1"),
    }
    journal: str
    locking: bool

    def open(self, place: Place) -> Session:
        database = connect(place.path(DATABASE), "" if self.locking else "nolock=1")
        if place.number == 0:  # the others are not let go before; they would find the database locked
            setup = connect(place.path(DATABASE))
            setup.execute(f"PRAGMA journal_mode = {self.journal}")
            setup.execute("CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, record BLOB)")
            setup.close()

        def write(data: bytes) -> int:
            try:
                database.execute("INSERT INTO log (record) VALUES (?)", (data,))
            except sqlite3.DatabaseError as error:
                raise Rejected(str(error)) from None
            return len(data)

        return Session(write, database.close)

    def collect(self, place: Place) -> None:
        with open(place.path(), "wb") as file:
            file.writelines(_rows(place.path(DATABASE)))


def _rows(path: str) -> Iterator[bytes]:
    """All records that can be read, by id; row by row where the whole table no longer can."""
    database = connect(path)
    try:
        whole = [bytes(record) for (record,) in database.execute("SELECT record FROM log ORDER BY id")]
    except sqlite3.DatabaseError:
        whole = None
    yield from whole if whole is not None else _salvaged(database)
    database.close()


def _salvaged(database: sqlite3.Connection) -> Iterator[bytes]:
    try:
        (last,) = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'log'").fetchone()
    except (sqlite3.DatabaseError, TypeError):
        return
    for number in range(1, min(int(last), MOST_ROWS) + 1):
        try:
            found = database.execute("SELECT record FROM log WHERE id = ?", (number,)).fetchone()
        except sqlite3.DatabaseError:
            continue
        if found and isinstance(found[0], bytes):
            yield found[0]


STRATEGY = SqliteLog

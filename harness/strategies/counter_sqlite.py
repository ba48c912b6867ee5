"""Counts in an SQLite database on the shared volume; each number is the place of a record.

Promises that every number is given once, so that no record is lost: ``UPDATE … RETURNING`` in a transaction that began
IMMEDIATE reads and writes under SQLite's own lock on the file.

Storage: file systems whose fcntl locks work: local ones; SQLite's own advice is against network file systems.
Cost: a transaction with its journal and fsync, and one ``pwrite``, per record.
System calls: ``fcntl``, ``openat`` and ``unlink`` of the journal, ``pread``, ``pwrite`` and ``fdatasync`` of both
files, and ``pwrite``, per record.
Source: sqlite.org, "Transactions" and "File Locking And Concurrency".
"""

from harness.strategies import _ticket
from harness.strategies._sqlite import connect
from harness.strategies.base import Place, Session, Strategy


class CounterSqlite(Strategy):
    """UPDATE … RETURNING."""

    summary = "a counter in SQLite: UPDATE … RETURNING in a transaction"

    def open(self, place: Place) -> Session:
        database = connect(place.path("counter.db"))
        if place.number == 0:  # the others are not let go before; they would find the database locked
            database.execute("CREATE TABLE counter (one INTEGER PRIMARY KEY, n INTEGER)")
            database.execute("INSERT INTO counter VALUES (1, 0)")

        def next_number() -> int:
            database.execute("BEGIN IMMEDIATE")
            (number,) = database.execute("UPDATE counter SET n = n + 1 RETURNING n").fetchone()
            database.execute("COMMIT")
            return int(number) - 1

        return _ticket.session(place, next_number, database.close)


STRATEGY = CounterSqlite

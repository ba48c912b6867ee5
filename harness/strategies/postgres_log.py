"""Inserts each record into a table of a PostgreSQL server that runs in a container of its own, data on its own volume.

Promises an ordinary log: what the server acknowledged was committed, and is there once, whole, in the order of the
ids that it gave.

Storage: the server's own volume, which has to keep what was synced to it; writers need none, only the network.
Cost per record: network round trips and a transaction, which the server makes durable with a write and fsync of
its write-ahead log (``synchronous_commit = on``); commits at the same time share one. When the trial is over the
rows are written out by id, which a sequence gives at the INSERT: of two records in flight at once either may come
first.
System calls: ``sendto`` and ``recvfrom`` for the statement and for its commit; for the server ``write`` and
``fdatasync`` of its write-ahead log.
Source: postgresql.org, "Reliability and the Write-Ahead Log", "Sequence Manipulation Functions".
"""

from harness.strategies._postgres import table
from harness.strategies._table import Table, name_of, session, write_out
from harness.strategies.base import Place, Session, Strategy


class PostgresLog(Strategy):
    """INSERT over the network, one transaction per record."""

    summary = "a table of a PostgreSQL server over the network, one transaction per record"
    services = ("postgres",)

    def open(self, place: Place) -> Session:
        log = _log(place)
        if place.number == 0:  # all have opened theirs before the first record is written
            log.create()
        return session(log)

    def collect(self, place: Place) -> None:
        log = _log(place)
        write_out(log, place)
        log.drop()
        log.close()


def _log(place: Place) -> Table:
    host, port = place.services["postgres"]
    return table(name_of(place), host=host, port=port)


STRATEGY = PostgresLog

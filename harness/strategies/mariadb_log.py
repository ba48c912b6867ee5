"""Inserts each record into a table of a MariaDB server that runs in a container of its own, data on its own volume.

Promises an ordinary log: what the server acknowledged was committed, and is there once, whole, in the order of the
ids that it gave.

Storage: the server's own volume, which has to keep what was synced to it; writers need none, only the network.
Cost per record: a network round trip and a transaction, which the server makes durable with a write and fsync of
its log (``innodb_flush_log_at_trx_commit = 1``); commits at the same time share one (group commit). When the trial
is over the rows are written out by id.
System calls: ``sendto`` and ``recvfrom`` for the statement and for its commit; for the server ``write`` and
``fsync`` of its log.
Source: mariadb.com/kb, "AUTO_INCREMENT Handling in InnoDB", "InnoDB Redo Log".
"""

from harness.strategies._mariadb import table
from harness.strategies._table import Table, name_of, session, write_out
from harness.strategies.base import Place, Session, Strategy


class MariadbLog(Strategy):
    """INSERT over the network, one transaction per record."""

    summary = "a table of a MariaDB server over the network, one transaction per record"
    services = ("mariadb",)

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
    host, port = place.services["mariadb"]
    return table(name_of(place), host=host, port=port)


STRATEGY = MariadbLog

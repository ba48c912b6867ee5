"""Counts with Redis INCR; each number is the place of a record.

Promises that every number is given once, so that no record is lost: INCR reads, adds and writes in one step of a
single-threaded server.

Storage: none for the counter, which is in the server's memory; any for the records.
Cost: one network round trip and one ``pwrite`` per record.
System calls: ``sendto``, ``recvfrom`` and ``pwrite`` per record.
Source: redis.io, command INCR.
"""

from harness.strategies import _ticket
from harness.strategies._redis import connect
from harness.strategies.base import Place, Session, Strategy


class CounterRedis(Strategy):
    """INCR."""

    summary = "a counter in Redis: INCR"
    services = ("redis",)

    def open(self, place: Place) -> Session:
        client = connect(place)
        key = f"{place.trial}:counter"
        return _ticket.session(place, lambda: int(client.incr(key)) - 1, client.close)


STRATEGY = CounterRedis

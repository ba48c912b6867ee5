"""Pushes records to a Redis list; consumers pop them and append to the file, one write each.

Promises that what the server acknowledged reaches the file intact and once; in order with a single consumer. With
``acknowledge = false`` a consumer takes records with BRPOP: one that dies between taking and writing loses what it
held. With ``acknowledge = true`` it moves each record to a list of its own (LMOVE) and removes it there after the
write; a consumer that comes back takes up that list first: at least once, so duplicates are not ruled out.

Storage: any: only consumers write.
Cost per record: a network round trip for the writer; one or two for the consumer.
System calls: ``sendto`` and ``recvfrom`` for the writer; for the consumer the same, or twice that, and a
``write``.
Source: redis.io, commands BRPOP and BLMOVE ("Pattern: Reliable queue").
"""

from collections.abc import Callable, Mapping
from typing import Any

from harness.promise import Promise
from harness.strategies._redis import POLL_S, QUEUE_OPTIONS, Drain, connect, pushed
from harness.strategies.base import LOG_PROMISES, Option, Place, Session, Strategy

ORDER = frozenset({Promise.WRITER_ORDER, Promise.REAL_TIME_ORDER})


class RedisList(Strategy):
    """LPUSH by writers, BRPOP or BLMOVE by consumers."""

    summary = "a Redis list (BRPOP, or LMOVE with acknowledgement) drained to the file by consumers"
    services = ("redis",)
    options = {
        "acknowledge": Option(False, "consumers keep a record in a list of their own until it is written"),
        **QUEUE_OPTIONS,
    }
    acknowledge: bool
    crash_after: int

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        unordered = ORDER if self.consumers > 1 else frozenset[Promise]()
        at_least_once = frozenset({Promise.NO_DUPLICATES}) if self.acknowledge else frozenset[Promise]()
        self.promises = LOG_PROMISES - unordered - at_least_once

    def open(self, place: Place) -> Session:
        client = connect(place)
        client.ping()
        queue = f"{place.trial}:queue"
        return Session(pushed(lambda data: client.lpush(queue, data)), client.close)

    def consume(self, place: Place, finished: Callable[[], bool]) -> None:
        client, drain = connect(place), Drain(place, self.crash_after)
        queue, own = f"{place.trial}:queue", f"{place.trial}:taken:{place.number}"
        if self.acknowledge:
            for data in reversed(client.lrange(own, 0, -1)):
                drain.write(data)
                client.lrem(own, 1, data)
        while True:
            last_round = finished()
            if self.acknowledge:
                data = client.blmove(queue, own, POLL_S, "RIGHT", "LEFT")
            else:
                popped = client.brpop([queue], POLL_S)
                data = popped[1] if popped else None
            if data is None:
                if last_round:
                    break
                continue
            drain.write(data)
            if self.acknowledge:
                client.lrem(own, 1, data)
        drain.close()
        client.close()


STRATEGY = RedisList

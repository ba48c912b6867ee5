"""Adds records to a Redis stream; a consumer group reads, appends each to the file, and acknowledges it.

Promises that what the server acknowledged reaches the file intact, at least once; in order with a single consumer. An
entry stays pending until XACK, so a consumer that died finds its own pending entries again.

Storage: any: only consumers write.
Cost per record: a network round trip for the writer; for the consumer one XACK each and one XREADGROUP per batch.
System calls: ``sendto`` and ``recvfrom`` for the writer; for the consumer the same per batch and per
acknowledgement, and a ``write`` per record.
Source: redis.io, "Redis Streams", consumer groups and "Recovering from permanent failures".
"""

from collections.abc import Callable, Mapping
from typing import Any

from harness.promise import Promise
from harness.strategies._redis import POLL_S, QUEUE_OPTIONS, Drain, connect, pushed
from harness.strategies.base import LOG_PROMISES, Option, Place, Session, Strategy
from harness.strategies.redis_list import ORDER

GROUP = "drain"


class RedisStream(Strategy):
    """XADD by writers, XREADGROUP and XACK by consumers."""

    summary = "a Redis stream with a consumer group, drained to the file and acknowledged"
    services = ("redis",)
    options = {
        "batch": Option(32, "entries that a consumer reads at once", minimum=1, maximum=10_000),
        **QUEUE_OPTIONS,
    }
    batch: int
    crash_after: int

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        unordered = ORDER if self.consumers > 1 else frozenset[Promise]()
        self.promises = LOG_PROMISES - unordered - {Promise.NO_DUPLICATES}

    def open(self, place: Place) -> Session:
        client = connect(place)
        client.ping()
        stream = f"{place.trial}:stream"
        return Session(pushed(lambda data: client.xadd(stream, {b"r": data})), client.close)

    def consume(self, place: Place, finished: Callable[[], bool]) -> None:
        client, drain = connect(place), Drain(place, self.crash_after)
        stream, me = f"{place.trial}:stream", f"consumer-{place.number}"
        _make_group(client, stream)
        own_pending = True
        while True:
            last_round = finished()
            if own_pending:
                answer = client.xreadgroup(GROUP, me, {stream: "0"}, count=self.batch)
            else:
                answer = client.xreadgroup(GROUP, me, {stream: ">"}, count=self.batch, block=int(POLL_S * 1000))
            entries = _entries(answer)
            for entry, fields in entries:
                drain.write(fields[b"r"])
                client.xack(stream, GROUP, entry)
            if not entries:
                if own_pending:
                    own_pending = False
                elif last_round:
                    break
        drain.close()
        client.close()


def _entries(answer: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The entries of one stream, of a RESP2 (list) or RESP3 (mapping) answer; empty when there are none."""
    if not answer:
        return []
    if isinstance(answer, Mapping):
        return [tuple(entry) for batches in answer.values() for batch in batches for entry in batch]
    return list(answer[0][1])


def _make_group(client: Any, stream: str) -> None:
    """Create the group from the stream's start, unless another consumer did."""
    import redis

    try:
        client.xgroup_create(stream, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


STRATEGY = RedisStream

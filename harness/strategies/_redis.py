"""What the Redis strategies share: the connection, the writing end of a queue, and the consumer's death."""

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

from harness.strategies._table import Table
from harness.strategies.base import APPEND, Option, Place

QUEUE_OPTIONS = {
    "consumers": Option(1, "consumer containers that drain to the file", minimum=1, maximum=16),
    "crash_after": Option(
        0,
        "the first consumer is killed (SIGKILL) once, after it took this many records and before it wrote "
        "the last of them; 0: never",
        minimum=0,
    ),
}
POLL_S = 0.05
"""how long a consumer blocks on an empty queue before it asks whether the writers are done"""


def connect(place: Place) -> Any:
    """A redis-py client of the run's server."""
    import redis  # slow to import; only members of a redis case pay for it

    host, port = place.services["redis"]
    return redis.Redis(host=host, port=port, socket_timeout=30)


class Drain:
    """A consumer's file, and its death between taking a record and writing it where the scenario wants that."""

    def __init__(self, place: Place, crash_after: int) -> None:
        self._descriptor = os.open(place.path(), APPEND, 0o666)
        self._crash_at = crash_after if place.number == 0 and place.incarnation == 0 else 0
        self._taken = 0

    def write(self, data: bytes) -> None:
        """Append one record that was taken from the queue."""
        self._taken += 1
        if self._taken == self._crash_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if os.write(self._descriptor, data) != len(data):
            raise OSError("short write: is the volume full?")

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def pushed(push: Callable[[bytes], object]) -> Callable[[bytes], int]:
    """A session's write function: once the server answered, the whole record is acknowledged."""

    def write(data: bytes) -> int:
        push(data)
        return len(data)

    return write


def table(name: str, **server: Any) -> Table:
    """A list as a log. ``server``: host and port, or unix_socket_path, as redis-py takes them."""
    import redis

    client: Any = redis.Redis(socket_timeout=30, **server)
    client.ping()

    def rows() -> Iterator[bytes]:
        yield from client.lrange(name, 0, -1)

    return Table(
        create=lambda: None,
        insert=lambda data: client.rpush(name, data),
        rows=rows,
        drop=lambda: client.delete(name),
        close=client.close,
        errors=(redis.RedisError,),
    )


def rewrites(path: str) -> bool:
    """Whether the server behind the socket ``path`` rewrites its append-only file, or is about to.

    That is so too where it failed, as another server on the same data can make it: it tries again.
    """
    import redis

    with redis.Redis(unix_socket_path=path, socket_timeout=30) as client:
        state = client.info("persistence")
    failed = state["aof_last_bgrewrite_status"] != "ok"
    return bool(state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"] or failed)

"""The consumer: drains a queue to the file, in a child process that may die and is started again.

The child stands for a container with a restart policy: what it held in memory is gone, its name and its
place in the group stay. So does the socket by which writers reach it, as a supervisor's would.
"""

import json
import os
import signal
import time
import traceback
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from harness.agent.protocol import Channel
from harness.agent.writer import amplified, place_of
from harness.strategies import load
from harness.strategies.base import Place, Strategy

if TYPE_CHECKING:
    import socket

MAX_RESTARTS = 20
BACKLOG = 1024

_waiting: "list[tuple[dict[str, Any], AbstractContextManager[None], socket.socket | None]]" = []


def prepare(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """Everything that is not timed."""
    os.makedirs(job["directory"], exist_ok=True)
    strategy = load(job["strategy"])(job["options"])
    _waiting[:] = [(job, amplified(job), _listener(strategy, job))]
    return {"event": "ready", "monotonic_ns": time.monotonic_ns()}


def _listener(strategy: Strategy, job: dict[str, Any]) -> "socket.socket | None":
    """The socket that the strategy asks for, bound to this consumer's address."""
    if not strategy.network:
        return None
    import socket  # slow to import, and few strategies use the network

    kind = socket.SOCK_STREAM if strategy.network == "tcp" else socket.SOCK_DGRAM
    listener = socket.socket(socket.AF_INET, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(tuple(job["services"][f"consumer-{job['index']}"]))
    if kind == socket.SOCK_STREAM:
        listener.listen(BACKLOG)
    return listener


def go(_job: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Consume until the message ``finish`` came and nothing is left."""
    job, pauses, listener = _waiting.pop()
    try:
        for incarnation in range(MAX_RESTARTS):
            place = place_of(job, "/tmp", incarnation)._replace(listener=listener)
            status, losses = _run_child(job, place, pauses, channel)
            if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
                channel.receive()
                return {"event": "done", "restarts": incarnation, "losses": losses}
            if os.WIFEXITED(status):
                raise RuntimeError("the consumer failed; what it printed on stderr says why")
        raise RuntimeError(f"the consumer died {MAX_RESTARTS} times")
    finally:
        if listener is not None:
            listener.close()


def _run_child(
    job: dict[str, Any], place: Place, pauses: AbstractContextManager[None], channel: Channel
) -> tuple[int, dict[str, int]]:
    """How the child ended, and what it knows of records that were lost."""
    told, tell = os.pipe()
    child = os.fork()
    if child:
        os.close(tell)
        with open(told, "rb") as answer:
            said = answer.read()
        return os.waitpid(child, 0)[1], json.loads(said or b"{}")
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with pauses:
            losses = load(job["strategy"])(job["options"]).consume(place, channel.poll)
        os.write(tell, json.dumps(losses or {}).encode())
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)

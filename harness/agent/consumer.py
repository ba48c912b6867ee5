"""The consumer: drains a queue to the file, in a child process that may die and is started again.

The child stands for a container with a restart policy: what it held in memory is gone, its name and its
place in the group stay.
"""

import os
import signal
import time
import traceback
from contextlib import AbstractContextManager
from typing import Any

from harness.agent.protocol import Channel
from harness.agent.writer import amplified, place_of
from harness.strategies import load

MAX_RESTARTS = 20

_jobs: list[tuple[dict[str, Any], AbstractContextManager[None]]] = []


def prepare(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """Everything that is not timed."""
    os.makedirs(job["directory"], exist_ok=True)
    _jobs[:] = [(job, amplified(job))]
    load(job["strategy"])
    return {"event": "ready", "monotonic_ns": time.monotonic_ns()}


def go(_job: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Consume until the message ``finish`` came and nothing is left."""
    job, pauses = _jobs.pop()
    for incarnation in range(MAX_RESTARTS):
        status = _run_child(job, pauses, incarnation, channel)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            channel.receive()
            return {"event": "done", "restarts": incarnation}
        if os.WIFEXITED(status):
            raise RuntimeError("the consumer failed; what it printed on stderr says why")
    raise RuntimeError(f"the consumer died {MAX_RESTARTS} times")


def _run_child(job: dict[str, Any], pauses: AbstractContextManager[None], incarnation: int, channel: Channel) -> int:
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        place = place_of(job, "/tmp", incarnation)
        with pauses:
            load(job["strategy"])(job["options"]).consume(place, channel.poll)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)

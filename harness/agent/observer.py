"""The observer: reads the document over and over, from the barrier until all publishers are done.

Each read is timed and inspected; what it saw goes into the log. A document that was seen whole before is known
by its first cell, so that inspecting it again is one comparison and hardly keeps the observer from reading.
"""

import errno
import gc
import os
import time
from collections.abc import Callable
from typing import Any

from harness.agent import loop
from harness.agent.protocol import Channel
from harness.agent.writer import place_of
from harness.strategies import load
from harness.strategies.base import Reader, Rejected
from harness.trace.document import Saw, State, inspect
from harness.trace.reads import MAX_READS, ReadLog
from harness.trace.record import CELL_BYTES

POLL_EVERY = 8
"""reads between two looks at the control channel, which cost a system call each"""
KNOWN_BYTES = 64 * 2**20
PROBE = "probe-of-observer-{}"


class Inspector:
    """Tells what was read; remembers whole documents, also from one trial to the next."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[bytes, State]] = {}
        self._room = KNOWN_BYTES

    def inspect(self, data: bytes) -> State:
        """What these bytes are."""
        known = self._known.get(data[:CELL_BYTES])
        if known is not None and known[0] == data:
            return known[1]
        state = inspect(data)
        if state.saw is Saw.WHOLE and self._room >= len(data):
            self._room -= len(data)
            self._known[data[:CELL_BYTES]] = data, state
        return state


class Prepared:
    """One trial, ready to go."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.journals: str = job["journals"]
        self.log = ReadLog(job["index"], job.get("reads", MAX_READS))
        self.reader: Reader = load(job["strategy"])(job["options"]).observe(place_of(job, "/tmp"))


_inspector = Inspector()
_prepared: list[Prepared] = []


def prepare(job: dict[str, Any], _channel: Channel) -> dict[str, Any]:
    """Everything that is not timed. The trial's directory is there: publishers made it."""
    answer: dict[str, Any] = {"event": "ready"}
    if job["read_only"]:
        answer |= probe(os.path.join(job["directory"], PROBE.format(job["index"])))
    _prepared[:] = [Prepared(job)]
    gc.collect()
    gc.freeze()
    return answer | {"monotonic_ns": time.monotonic_ns()}


def probe(path: str) -> dict[str, str | list[str]]:
    """Try to write through a mount that should be read-only: a note on how it was refused, or what is wrong."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666))
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "?")
        if error.errno == errno.EROFS:
            return {"notes": [f"write through the read-only mount: {name} ({error.strerror})"]}
        return {"unfit": f"a write through the read-only mount failed with {name} instead of EROFS"}
    os.unlink(path)
    return {"unfit": "the observers' mount is not read-only: a write through it succeeded"}


def go(job: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """Read until the message ``finish`` came."""
    trial = _prepared.pop()
    gc.disable()
    try:
        loop.wait_until(job["start_ns"])
        watch(trial.reader, trial.log, channel.poll)
        trial.reader.close()
    finally:
        gc.enable()
    trial.log.write(trial.journals)
    channel.receive()
    full = [f"observer {trial.log.observer} stopped after {len(trial.log)} reads"] if trial.log.full else []
    return {"event": "done", "reads": len(trial.log), "notes": full}


def watch(reader: Reader, log: ReadLog, finished: Callable[[], bool]) -> None:
    """Read until ``finished``, and then once more: that read begins after the last acknowledgement."""
    while not log.full:
        last = len(log) % POLL_EVERY == 0 and finished()
        once(reader, log)
        if last:
            break
    while not finished():
        time.sleep(0.001)


def once(reader: Reader, log: ReadLog) -> None:
    """One read, timed, then inspected."""
    data = b""
    state: State | None = None
    begin = time.monotonic_ns()
    try:
        data = reader.read()
    except FileNotFoundError:
        state = State(Saw.ABSENT)
    except Rejected:
        state = State(Saw.REJECTED)
    end = time.monotonic_ns()
    log.add(begin, end, state or _inspector.inspect(data), data)

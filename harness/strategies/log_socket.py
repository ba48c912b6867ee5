"""Sends each record with ``SocketHandler`` over TCP to one collector, which alone writes the file.

Promises that each record is in the file, intact, once, and in its writer's order; not real-time order, as
``logger.info`` returns when the record is in the socket's buffer. That holds while the collector lives, and the handler
waits for it (``waits``: makeSocket, overridden, gives a socket without timeout). As it is, the handler drops a record
that it cannot send within a second, without a word, and whatever is in buffers when the collector dies is lost.

The handler sends a pickle of the record; the collector, as in the logging cookbook, has a thread for each
connection and one handler for the file.

Storage: any: only the collector writes.
Cost: a pickle and a copy over the network per record; for the collector a thread per writer.
System calls: one ``sendto`` per record; for the collector two ``recvfrom`` and a ``write``.
Source: logging cookbook, "Sending and receiving logging events across a network"; CPython's
Lib/logging/handlers.py (SocketHandler.makeSocket, send).
"""

import logging
import os
import pickle
import signal
import struct
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from logging.handlers import SocketHandler
from typing import TYPE_CHECKING, BinaryIO

from harness.strategies._logging import DELIVERED, logger_of, session, written
from harness.strategies.base import Option, Place, Session, Strategy

if TYPE_CHECKING:
    import socket

COLLECTOR = "consumer-0"
LENGTH = struct.Struct(">L")
PATIENCE_S, ASK_EVERY_S = 20.0, 0.01
STALLS_AT = 100
GIVEN_UP = "given up by its handler"


class LogSocket(Strategy):
    """logging.handlers.SocketHandler."""

    summary = "SocketHandler to one collector, which alone writes the file"
    promises = DELIVERED
    consumers = 1
    network = "tcp"
    options = {
        "waits": Option(True, "writers wait for the collector; else the handler's timeout of one second holds"),
        "stall_ms": Option(0, "milliseconds for which the collector stalls, once, early on", minimum=0, maximum=60_000),
        "crash_after": Option(
            0, "the collector is killed (SIGKILL) once, when it has written this many records; 0: never", minimum=0
        ),
    }
    waits: bool
    stall_ms: int
    crash_after: int

    def open(self, place: Place) -> Session:
        address = place.services[COLLECTOR]
        handler = WaitingHandler(*address) if self.waits else SocketHandler(*address)
        handler.sock = connected(handler)
        return session(handler) if self.waits else _watched(handler)

    def consume(self, place: Place, finished: Callable[[], bool]) -> None:
        if place.listener is None:
            raise OSError("the collector has no socket")
        logger = logger_of(logging.FileHandler(place.path(), encoding="ascii"))
        if self.stall_ms:
            logger.addHandler(_At(STALLS_AT, partial(time.sleep, self.stall_ms / 1000)))
        if self.crash_after and not place.incarnation:
            logger.addHandler(_At(self.crash_after, partial(os.kill, os.getpid(), signal.SIGKILL)))
        connections: list[threading.Thread] = []
        place.listener.settimeout(ASK_EVERY_S)
        while True:
            last_round = finished()
            try:
                connection, _ = place.listener.accept()
            except TimeoutError:
                if last_round:
                    break
                continue
            connections.append(threading.Thread(target=_receive, args=(connection, logger)))
            connections[-1].start()
        for one in connections:
            one.join()


class WaitingHandler(SocketHandler):
    """A SocketHandler whose ``send`` waits for as long as the collector takes."""

    def makeSocket(self, timeout: float = 1) -> "socket.socket":  # noqa: N802 - logging's name
        made = super().makeSocket(timeout)
        made.settimeout(None)
        return made


def _watched(handler: SocketHandler) -> Session:
    """A session that counts the records that the handler drops: after one it has no socket, and says nothing."""
    log, losses = written(logger_of(handler)), {GIVEN_UP: 0}

    def write(data: bytes) -> int:
        acknowledged = log(data)
        if handler.sock is None:
            losses[GIVEN_UP] += 1
        return acknowledged

    return Session(write, handler.close, losses=losses)


def connected(handler: SocketHandler) -> "socket.socket":
    """The handler's connection, once the collector listens: containers start in any order."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return handler.makeSocket()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(ASK_EVERY_S)


class _At(logging.Handler):
    """Does something at the n-th record, while all others wait."""

    def __init__(self, record: int, action: Callable[[], object]) -> None:
        super().__init__()
        self._left = record
        self._action = action

    def emit(self, _record: logging.LogRecord) -> None:
        self._left -= 1
        if not self._left:
            self._action()


def _receive(connection: "socket.socket", logger: logging.Logger) -> None:
    """Log what comes over one connection, until its writer closes it."""
    with connection, connection.makefile("rb") as stream:
        for pickled in _whole(stream):
            content = pickle.loads(pickled)  # noqa: S301 - from this run's own writers, on its private network
            logger.handle(logging.makeLogRecord(content))


def _whole(stream: BinaryIO) -> Iterator[bytes]:
    """The pickles in a stream; one that was cut off, as its writer gave up, is none."""
    while len(header := stream.read(LENGTH.size)) == LENGTH.size:
        (size,) = LENGTH.unpack(header)
        pickled = stream.read(size)
        if len(pickled) == size:
            yield pickled


STRATEGY = LogSocket

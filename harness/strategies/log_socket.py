"""Sends each record with ``SocketHandler`` over TCP to one collector, which alone writes the file.

Promises that each record is in the file, intact, once, and in its writer's order. That holds as long as collector and
network live: ``logger.info`` returns when the record is in the socket's buffer, so real-time order is not promised, and
what is in buffers when the collector dies is lost without a word; the handler connects anew with the next record but
one. It sends a pickle of the record; the collector, as in the logging cookbook, has a thread for each connection and
one handler for the file.

Cost: one ``sendto`` per record; for the collector two ``recvfrom`` and a ``write``. Source: logging cookbook, "Sending
and receiving logging events across a network"; CPython's Lib/logging/handlers.py (SocketHandler.send drops a record
that it cannot send within its timeout of one second).
"""

import logging
import os
import pickle
import signal
import struct
import threading
import time
from collections.abc import Callable
from logging.handlers import SocketHandler
from typing import TYPE_CHECKING, Any

from harness.strategies._logging import DELIVERED, logger_of, session
from harness.strategies.base import Option, Place, Session, Strategy

if TYPE_CHECKING:
    import socket

COLLECTOR = "consumer-0"
LENGTH = struct.Struct(">L")
PATIENCE_S, ASK_EVERY_S = 20.0, 0.01


class LogSocket(Strategy):
    """logging.handlers.SocketHandler."""

    summary = "SocketHandler to one collector, which alone writes the file"
    promises = DELIVERED
    consumers = 1
    network = "tcp"
    options = {
        "crash_after": Option(
            0, "the collector is killed (SIGKILL) once, when it has written this many records; 0: never", minimum=0
        )
    }
    crash_after: int

    def open(self, place: Place) -> Session:
        handler = SocketHandler(*place.services[COLLECTOR])
        handler.sock = connected(handler)
        return session(handler)

    def consume(self, place: Place, finished: Callable[[], bool]) -> None:
        if place.listener is None:
            raise OSError("the collector has no socket")
        logger = logger_of(logging.FileHandler(place.path(), encoding="ascii"))
        if self.crash_after and not place.incarnation:
            logger.addHandler(_Fuse(self.crash_after))
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


class _Fuse(logging.Handler):
    """Kills this process at its n-th record."""

    def __init__(self, records: int) -> None:
        super().__init__()
        self._left = records

    def emit(self, _record: logging.LogRecord) -> None:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)


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


def _receive(connection: "socket.socket", logger: logging.Logger) -> None:
    """Log what comes over one connection, until its writer closes it."""
    with connection, connection.makefile("rb") as stream:
        while header := stream.read(LENGTH.size):
            (size,) = LENGTH.unpack(header)
            content: dict[str, Any] = pickle.loads(stream.read(size))  # noqa: S301 - from this run's writers alone
            logger.handle(logging.makeLogRecord(content))


STRATEGY = LogSocket

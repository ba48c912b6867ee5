"""Sends each record with ``SysLogHandler`` over UDP, its default, to one collector, which alone writes the file.

Promises that each record is in the file, intact, once, and in its writer's order, as people expect of central logging.
It is broken: UDP does not hold writers back. What arrives while the collector's socket buffer is full is dropped by
its kernel, and ``logger.info`` knows nothing of it. The collector says how many that were.

Storage: any: only the collector writes.
Cost: one datagram per record, and nobody waits: which is the trap.
System calls: one ``sendto`` per record; for the collector ``recvfrom`` and ``write``.
Source: CPython's Lib/logging/handlers.py (SysLogHandler); udp(7); RFC 5426, section 4.3, "Reliable Delivery".
"""

import socket
import struct
from collections.abc import Callable
from logging.handlers import SysLogHandler

from harness.strategies._logging import DELIVERED, session
from harness.strategies.append import open_raw
from harness.strategies.base import Place, Session, Strategy

COLLECTOR = "consumer-0"
LONGEST_BYTES = 65_536
QUIET_S = 0.05
"""so long must nothing come, once all writers are done, before the collector ends"""
SO_MEMINFO, DROPS, COUNTERS = 55, 8, struct.Struct("9I")
DROPPED = "datagrams dropped"


class LogSyslog(Strategy):
    """logging.handlers.SysLogHandler over UDP."""

    summary = "SysLogHandler over UDP to one collector, which alone writes the file"
    promises = DELIVERED
    consumers = 1
    network = "udp"

    def open(self, place: Place) -> Session:
        host, port = place.services[COLLECTOR]
        address = socket.gethostbyname(host)  # with a name, the handler would look it up for each record
        return session(SysLogHandler((address, port)))

    def consume(self, place: Place, finished: Callable[[], bool]) -> dict[str, int]:
        if place.listener is None:
            raise OSError("the collector has no socket")
        place.listener.settimeout(QUIET_S)
        with open_raw(place.path()) as file:
            while True:
                last_round = finished()
                try:
                    datagram = place.listener.recv(LONGEST_BYTES)
                except TimeoutError:
                    if last_round:
                        break
                    continue
                file.write(_message(datagram))
        return {DROPPED: _dropped(place.listener)}


def _message(datagram: bytes) -> bytes:
    """The line in a datagram, without the priority before it and the NUL behind it."""
    return datagram.partition(b">")[2].removesuffix(b"\0") + b"\n"


def _dropped(listener: socket.socket) -> int:
    """Datagrams that the kernel dropped because this socket's buffer was full."""
    counters = COUNTERS.unpack(listener.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, COUNTERS.size))
    return int(counters[DROPS])


STRATEGY = LogSyslog

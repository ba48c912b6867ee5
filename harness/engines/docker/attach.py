"""Lines over an attached container stream.

What the daemon sends are frames, not lines: an eight-byte header (stream number, length) before
each piece of output, cut wherever the container's write or the daemon's buffer ended. So bytes
are taken apart into frames, frames into the lines of stdout and stderr, and nothing assumes that
one `recv` is one of either.
"""

import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

STDOUT, STDERR = 1, 2
HEADER = struct.Struct(">BxxxL")
LINE_BYTES_MAX = 64 * 2**20
RECEIVE_BYTES = 256 * 1024
SEND_TIMEOUT_S = 30.0


class StreamEnded(Exception):
    """The container closed its output, or the connection to the daemon broke."""


class LineTooLong(Exception):
    """A line passed LINE_BYTES_MAX without an end."""


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> object:
        """Let go."""


class FrameDecoder:
    """Takes attached bytes apart into (stream number, payload), in order, whatever the cuts."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Complete frames that ``data`` finishes; the rest is kept for the next call."""
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= HEADER.size:
            stream, length = HEADER.unpack_from(self._buffer, start)
            end = start + HEADER.size + length
            if len(self._buffer) < end:
                break
            yield stream, bytes(self._buffer[start + HEADER.size : end])
            start = end
        del self._buffer[:start]


class LineBuffer:
    """Joins pieces of one stream into lines without their newline."""

    def __init__(self, limit_bytes: int = LINE_BYTES_MAX) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._limit_bytes = limit_bytes

    def feed(self, data: bytes) -> list[bytes]:
        """Lines that ``data`` completes. Raises LineTooLong beyond the limit."""
        *ended, rest = data.split(b"\n")
        lines = []
        for piece in ended:
            lines.append(b"".join([*self._pieces, piece]))
            self._pieces, self._size = [], 0
        if rest:
            self._pieces.append(rest)
            self._size += len(rest)
            if self._size > self._limit_bytes:
                raise LineTooLong(f"a line of more than {self._limit_bytes} bytes")
        return lines

    def rest(self) -> bytes:
        """What stands after the last newline."""
        return b"".join(self._pieces)


class AttachedStream:
    """A container's stdin, stdout and stderr over one connection.

    No thread serves it: the caller's own reads move both streams on. Lines of stderr go to
    ``on_stderr`` as they pass.
    """

    def __init__(
        self, connection: socket.socket, on_stderr: Callable[[str], None], holder: Closable | None = None
    ) -> None:
        """``holder``: what the SDK wraps the connection in; it keeps the connection open until it is closed."""
        self._connection = connection
        self._holder = holder
        self._on_stderr = on_stderr
        self._frames = FrameDecoder()
        self._stdout, self._stderr = LineBuffer(), LineBuffer()
        self._lines: deque[bytes] = deque()

    def send_line(self, line: bytes) -> None:
        """Write one line to stdin. Raises OSError when the connection is gone."""
        self._connection.settimeout(SEND_TIMEOUT_S)
        self._connection.sendall(line + b"\n")

    def next_line(self, timeout_s: float) -> bytes:
        """The next line of stdout. Raises TimeoutError, StreamEnded or LineTooLong."""
        deadline = time.monotonic() + timeout_s
        while not self._lines:
            remaining_s = deadline - time.monotonic()
            if remaining_s <= 0:
                raise TimeoutError
            self._connection.settimeout(remaining_s)
            try:
                data = self._connection.recv(RECEIVE_BYTES)
            except TimeoutError:
                raise
            except OSError as error:
                raise StreamEnded(str(error)) from error
            if not data:
                self._finish()
                raise StreamEnded("its output ended")
            self._take(data)
        return self._lines.popleft()

    def _take(self, data: bytes) -> None:
        for stream, payload in self._frames.feed(data):
            if stream == STDERR:
                for line in self._stderr.feed(payload):
                    self._on_stderr(line.decode(errors="replace"))
            else:
                self._lines.extend(self._stdout.feed(payload))

    def _finish(self) -> None:
        if rest := self._stderr.rest():
            self._on_stderr(rest.decode(errors="replace"))

    def close(self) -> None:
        """Close the connection; the container's stdin ends with it."""
        self._connection.close()
        if self._holder is not None:
            self._holder.close()

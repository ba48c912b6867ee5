"""The control channel as a member sees it: JSON lines on stdin and stdout, and nothing else there."""

import json
import os
import select
from typing import Any, Self

LINGER = "HARNESS_LINGER_S"
"""name of the environment variable that says how many seconds a member stays when its harness is gone"""


class Channel:
    """Lines in, lines out. Reads its descriptor itself, so that ``poll`` knows what is buffered."""

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._buffer = b""

    @classmethod
    def from_stdio(cls) -> Self:
        """Take stdin and stdout for the protocol; later prints go to stderr, and children read nothing."""
        source, sink = os.dup(0), os.dup(1)
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        return cls(source, sink)

    def send(self, message: dict[str, Any]) -> None:
        """One line out, whole."""
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(self._sink, data) :]

    def receive(self) -> dict[str, Any] | None:
        """The next message; None when the other side is gone."""
        while b"\n" not in self._buffer:
            data = os.read(self._source, 65536)
            if not data:
                return None
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        message: dict[str, Any] = json.loads(line)
        return message

    def poll(self, timeout_s: float = 0) -> bool:
        """Whether ``receive`` would answer at once."""
        return b"\n" in self._buffer or bool(select.select([self._source], [], [], timeout_s)[0])

"""Standard output and standard error whose reader may go away: a pipe that is closed, a terminal that hangs up.

What a run showed does not depend on who is still listening. click ends a program whose pipe was closed with status 1,
which here means damage; so what nobody reads is dropped where it is written, and the run ends with its own code.
"""

import errno
import io
import os
import sys
from typing import TextIO


class _Unread(io.FileIO):
    """A file descriptor whose writes succeed once nobody can read them."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._gone = {errno.EPIPE, errno.EIO} if os.isatty(descriptor) else {errno.EPIPE}

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override] # any buffer, in the stubs
        """Write, or drop what nobody reads."""
        try:
            return super().write(data) or 0
        except OSError as error:
            if error.errno not in self._gone:
                raise
            return len(data)


def outlive_readers() -> None:
    """Let this program's output go nowhere, instead of ending it, once nobody reads it."""
    if sys.stdout is not None:
        sys.stdout = _wrapped(sys.stdout)
    if sys.stderr is not None:
        sys.stderr = _wrapped(sys.stderr)


def _wrapped(stream: TextIO) -> TextIO:
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return stream  # no file: somebody's own, who will know
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Unread(descriptor)),  # type: ignore[type-var] # a raw stream, if not in the stubs
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=getattr(stream, "line_buffering", True),
    )

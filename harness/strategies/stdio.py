"""Appends through C stdio: libc's own ``fopen(…, "a")`` and ``fwrite``, as most C programs log.

Promises an intact, complete log, ordered per writer. Buffered records reach the file later than their
acknowledgement, so real-time order is not promised. It is broken at every buffer boundary: stdio flushes
full buffers (4096 bytes on glibc: st_blksize), which cuts the record that stands there in two.

Storage: local file systems of one kernel.
Cost: less than an append, as one call takes many records; those in the buffer die with their process.
System calls: one ``write`` of 4096 bytes per full buffer.
Source: setvbuf(3), stdio(3).
"""

import ctypes
from functools import partial

from harness.promise import Promise
from harness.strategies.base import LOG_PROMISES, Place, Session, Strategy


class Stdio(Strategy):
    """C stdio with its default buffer."""

    summary = "C stdio: fwrite through libc's 4 KiB buffer"
    promises = LOG_PROMISES - {Promise.REAL_TIME_ORDER}

    def open(self, place: Place) -> Session:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.fopen.restype = ctypes.c_void_p
        libc.fwrite.restype = ctypes.c_size_t
        libc.fwrite.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)
        libc.fclose.argtypes = (ctypes.c_void_p,)
        stream = libc.fopen(place.path().encode(), b"a")
        if not stream:
            raise OSError(ctypes.get_errno(), "fopen failed", place.path())
        fwrite = libc.fwrite

        def write(data: bytes) -> int:
            return int(fwrite(data, 1, len(data), stream))

        return Session(write, partial(_close, libc, stream))


def _close(libc: ctypes.CDLL, stream: int) -> None:
    """Flush and close. Raises OSError: what stdio had acknowledged is lost when the last flush fails."""
    if libc.fclose(stream) != 0:
        raise OSError(ctypes.get_errno(), "fclose failed to flush the buffer")


STRATEGY = Stdio

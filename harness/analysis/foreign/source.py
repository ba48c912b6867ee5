"""Where bytes come from: a file, standard input, or either of them gzipped, in chunks of bounded size.

Gzip is told by the name or by its first bytes, so that a pipe works too. A gzip stream that breaks off
has still given what came before: the break is kept in ``broken`` and the chunks end.
"""

import gzip
import os
import stat
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self, cast

from harness.errors import UsageError

CHUNK_BYTES = 1 << 20
MAGIC = b"\x1f\x8b\x08"


class Input(Protocol):
    """Bytes in chunks, why they ended before their end, if they did, and what should be known of how they were read."""

    broken: str | None
    note: str | None

    def __iter__(self) -> Iterator[bytes]: ...


@dataclass(slots=True)
class Chunks:
    """Bytes at hand as an Input."""

    chunks: Iterable[bytes]
    broken: str | None = None
    note: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)


class Source:
    """An open input; iterating gives its bytes. ``broken`` says, afterwards, why it ended before its end."""

    def __init__(self, name: str) -> None:
        """Open ``name``, where ``-`` is standard input. Raises UsageError when that cannot be done."""
        self.name = name
        self.broken: str | None = None
        self.note: str | None = None
        self._raw = _open(name)
        self._plain: IO[bytes] = self._raw
        if _begins_gzip(self._raw, name):
            self._plain = cast("IO[bytes]", gzip.GzipFile(fileobj=self._raw, mode="rb"))
        elif name.endswith(".gz"):
            self.note = "the file is named .gz and is no gzip: it was read as text"

    @property
    def is_plain_file(self) -> bool:
        """Whether its bytes can be read again under its name."""
        return self._plain is self._raw and self.name != "-" and stat.S_ISREG(os.fstat(self._raw.fileno()).st_mode)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._raw.close()

    def __iter__(self) -> Iterator[bytes]:
        """Chunks of at most CHUNK_BYTES, never empty."""
        read = getattr(self._plain, "read1", self._plain.read)  # read1: what was read before a break is not lost
        while True:
            try:
                chunk = read(CHUNK_BYTES)
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                self.broken = f"broken gzip: {error}"
                return
            except OSError as error:
                self.broken = f"read error: {error.strerror or error}"
                return
            if not chunk:
                return
            yield chunk


def _begins_gzip(raw: BufferedReader, name: str) -> bool:
    try:
        return raw.peek(len(MAGIC))[: len(MAGIC)] == MAGIC
    except OSError as error:
        raw.close()
        raise UsageError(f"{name}: {error.strerror or error}", "Name a file that can be read") from None


def _open(name: str) -> BufferedReader:
    if name == "-":
        if sys.stdin is None:
            raise UsageError("standard input is closed", "Name a file, or give one by < or |")
        return cast("BufferedReader", os.fdopen(os.dup(sys.stdin.fileno()), "rb", CHUNK_BYTES))
    if not name:
        raise UsageError("the file's name is empty", "Name a file, or - for standard input")
    path = Path(name)
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            raise UsageError(f"{name} is a directory", "Name a file, or - for standard input")
        return cast("BufferedReader", path.open("rb", CHUNK_BYTES))
    except FileNotFoundError:
        raise UsageError(f"{name}: no such file", "Name a file, or - for standard input") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{name}: {reason}", "Name a file that can be read") from None

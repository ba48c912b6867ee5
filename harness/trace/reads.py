"""The log of one observer's reads: when each began and ended, and what it saw.

Kept in memory while the observer reads, and written to a file beside the journals when it is done: unlike a
writer, an observer acknowledges nothing that would have to survive it.

Layout, little-endian: a header of 64 bytes, then one column after the other, each ``rows`` signed 64-bit
integers; then, to the end of the file, examples as a JSON list. Times are nanoseconds of CLOCK_MONOTONIC.
"""

import json
import os
import struct
from array import array
from pathlib import Path
from typing import Any, NamedTuple

from harness.trace.document import Run, Saw, State

MAGIC = b"HREADS01"
HEADER = struct.Struct("<8sIIQ")
HEADER_BYTES = 64
ITEM_BYTES = 8
COLUMNS = ("begin", "end", "saw", "version", "size")
"""saw: a member of ``Saw`` · version: writer * MAX_RECORDS + seq, -1 where there is none · size: bytes read"""
MAX_READS = 2**20
"""reads of one observer and trial that are kept; it reads no more then"""
EXAMPLES = 2
"""reads of each kind of damage that are shown, of each observer"""
EXCERPT_BYTES = 160
BEFORE_BYTES = 60
"""an excerpt starts so many bytes before the place that it shows"""


class Example(NamedTuple):
    """One damaged read: its number, the runs that it consists of, and the bytes around its first seam."""

    read: int
    runs: tuple[Run, ...]
    excerpt: bytes


def file_bytes(rows: int, observers: int) -> int:
    """What the logs of so many observers can take."""
    return observers * (HEADER_BYTES + rows * len(COLUMNS) * ITEM_BYTES + 2**16)


def file_name(observer: int) -> str:
    """The name of an observer's log in the trial's journal directory."""
    return f"observer-{observer:04d}.reads"


class ReadLog:
    """A log being kept."""

    def __init__(self, observer: int, most: int = MAX_READS) -> None:
        self.observer = observer
        self._columns = {name: array("q") for name in COLUMNS}
        self._appends = tuple(column.append for column in self._columns.values())
        self._examples: list[Example] = []
        self._shown = dict.fromkeys(Saw, 0)
        self._most = most

    def __len__(self) -> int:
        return len(self._columns["begin"])

    @property
    def full(self) -> bool:
        """Whether it holds as many reads as it may."""
        return len(self) >= self._most

    def add(self, begin: int, end: int, state: State, data: bytes) -> None:
        """Note one read."""
        if state.saw is not Saw.WHOLE and self._shown[state.saw] < EXAMPLES:
            self._shown[state.saw] += 1
            self._examples.append(Example(len(self), state.runs, _excerpt(state, data)))
        values = (begin, end, state.saw, state.version, len(data))
        for append, value in zip(self._appends, values, strict=True):
            append(value)

    def write(self, directory: str | os.PathLike[str]) -> None:
        """Store it."""
        shown = [[one.read, one.runs, one.excerpt.decode("latin-1")] for one in self._examples]
        with Path(directory, file_name(self.observer)).open("xb") as file:
            head = HEADER.pack(MAGIC, self.observer, 0, len(self))
            file.write(head.ljust(HEADER_BYTES, b"\0"))
            for column in self._columns.values():
                column.tofile(file)
            file.write(json.dumps(shown).encode())


class StoredReads(NamedTuple):
    """A log as it lies in a file; ``columns`` are still bytes, by name."""

    observer: int
    rows: int
    columns: dict[str, bytes]
    examples: tuple[Example, ...]


def load(path: Path) -> StoredReads:
    """A stored log. Raises ValueError when the file is none, or is cut short."""
    raw = path.read_bytes()
    if len(raw) < HEADER_BYTES or not raw.startswith(MAGIC):
        raise ValueError(f"{path} is no log of reads")
    _, observer, _, rows = HEADER.unpack_from(raw)
    width = rows * ITEM_BYTES
    starts = {name: HEADER_BYTES + number * width for number, name in enumerate(COLUMNS)}
    columns = {name: raw[start : start + width] for name, start in starts.items()}
    rest = raw[HEADER_BYTES + len(COLUMNS) * width :]
    try:
        shown: list[Any] = json.loads(rest)
    except ValueError:
        raise ValueError(f"{path} is cut short: {rows} reads are expected") from None
    examples = tuple(
        Example(read, tuple(Run(*run) for run in runs), text.encode("latin-1")) for read, runs, text in shown
    )
    return StoredReads(observer, rows, columns, examples)


def _excerpt(state: State, data: bytes) -> bytes:
    """The bytes around the first place where the read stops being one version."""
    seam = state.runs[0].end if state.runs else 0
    first = max(0, min(seam, len(data)) - BEFORE_BYTES)
    return data[first : first + EXCERPT_BYTES]

"""The journal: what one writer attempted and what was acknowledged, in a file of fixed-width columns.

The file is mapped into the writer's memory: noting a time is a store, not a system call, and what was
noted survives SIGKILL of the writer, because the pages belong to the kernel. It lies off the storage
under test, so that it neither disturbs the experiment nor shares its fate.

Layout, little-endian: a header of 64 bytes, then one column after the other, each ``capacity`` signed
64-bit integers. Row ``seq`` of the columns tells of the writer's record ``seq``; times are nanoseconds of
CLOCK_MONOTONIC, which all containers of one kernel share; 0 means "did not happen".
"""

import ctypes
import mmap
import os
import struct
from types import TracebackType
from typing import NamedTuple, Self

MAGIC = b"HJOURNL1"
HEADER = struct.Struct("<8sIIQ")
HEADER_BYTES = 64
ITEM_BYTES = 8
POPULATED_BYTES = 32 * 2**20
COLUMNS = ("length", "begin", "enter", "leave", "acknowledged")
"""length: bytes of the record, set before the first attempt · begin: the attempt · enter, leave: the critical
section, for strategies that have one · acknowledged: the strategy's write returned success."""


class JournalHeader(NamedTuple):
    """What a journal says of itself: its writer and its number of rows."""

    writer: int
    capacity: int

    @property
    def file_bytes(self) -> int:
        """Size of the whole file."""
        return HEADER_BYTES + len(COLUMNS) * self.capacity * ITEM_BYTES

    def column_offset(self, column: str) -> int:
        """Where in the file a column starts."""
        return HEADER_BYTES + COLUMNS.index(column) * self.capacity * ITEM_BYTES


def file_name(writer: int) -> str:
    """The name of a writer's journal in the trial's journal directory."""
    return f"writer-{writer:04d}.journal"


def read_header(path: str | os.PathLike[str]) -> JournalHeader:
    """The header of a journal file. Raises ValueError when the file is none, or is cut short."""
    with open(path, "rb") as file:
        raw = file.read(HEADER_BYTES)
    if len(raw) < HEADER_BYTES or not raw.startswith(MAGIC):
        raise ValueError(f"{path} is not a journal")
    _, writer, _, capacity = HEADER.unpack_from(raw)
    header = JournalHeader(writer, capacity)
    if os.path.getsize(path) != header.file_bytes:
        raise ValueError(f"{path} is cut short: {header.file_bytes} bytes are expected")
    return header


class JournalWriter:
    """A journal being written. Each column is an attribute, an array of ``capacity`` int64 over the mapped file.

    ctypes arrays, because storing an item takes 30 ns, half of what a memoryview takes. Journals of
    ordinary size are populated at once, so that the timed loop meets no page fault.
    """

    def __init__(self, directory: str | os.PathLike[str], writer: int, capacity: int) -> None:
        header = JournalHeader(writer, capacity)
        path = os.path.join(directory, file_name(writer))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            os.truncate(descriptor, header.file_bytes)
            populate = mmap.MAP_POPULATE if header.file_bytes <= POPULATED_BYTES else 0
            self._map = mmap.mmap(descriptor, header.file_bytes, flags=mmap.MAP_SHARED | populate)
        finally:
            os.close(descriptor)
        HEADER.pack_into(self._map, 0, MAGIC, writer, 0, capacity)
        kind = ctypes.c_int64 * capacity
        self.length, self.begin, self.enter, self.leave, self.acknowledged = (
            kind.from_buffer(self._map, header.column_offset(name)) for name in COLUMNS
        )

    def close(self) -> None:
        """Let go of the mapping; what was noted stays in the file.

        The mapping itself goes with the last reference to a column: a traceback may still hold one.
        """
        del self.length, self.begin, self.enter, self.leave, self.acknowledged, self._map

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

"""Files in blocks: where they are cut, and what stands in one.

A cut lies just behind the last newline of the two mebibytes before the nominal boundary, else behind the last
NUL there, else at the boundary. So it depends on the bytes alone, blocks need no overlap, and they can be
scanned in any order by any number of processes.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.analysis.cells import Ints
from harness.analysis.edges import FEW, GivenUp, without_inner
from harness.analysis.gaps import Unowned
from harness.analysis.journals import Journals
from harness.analysis.scan import MARGIN_BYTES, scan
from harness.analysis.seen import FirstSeen, first_seen
from harness.analysis.settle import Around, settle
from harness.analysis.settled import Settled
from harness.analysis.spans import Wholes

BLOCK_BYTES = 6 * 2**20
WINDOW_BYTES = 2 * 2**20


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read: its size when the analysis began, and the position of its first byte."""

    path: Path
    size: int
    base: int


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes ``[start, end)`` of a source."""

    source: Source
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """A block's whole records and gaps, with what could be settled inside it.

    ``file`` is the position of the first byte of its file, ``start`` that of the block's, ``end`` that behind its last.
    """

    file: int
    start: int
    end: int
    wholes: Wholes
    unowned: Unowned
    gaps: Ints
    settled: Settled
    given_up: GivenUp
    first: FirstSeen


def sources(files: Sequence[Path]) -> tuple[list[Source], list[str]]:
    """The files that can be read, one behind the other, and notes on the others. No record goes on in the next one."""
    found: list[Source] = []
    notes = []
    base = 0
    for path in files:
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
        except OSError as problem:
            notes.append(f"{path} counts as empty: {problem.strerror}")
            continue
        found.append(Source(path, size, base))
        base += size + 1  # so that nothing adjoins across files
    return found, notes


def blocks(source: Source, block_bytes: int) -> Iterator[Block]:
    """The blocks of a file."""
    start = 0
    with source.path.open("rb") as file:
        while source.size - start > block_bytes:
            end = _cut(file.fileno(), start, start + block_bytes)
            yield Block(source, start, end)
            start = end
    if source.size > start:
        yield Block(source, start, source.size)


def _cut(descriptor: int, start: int, boundary: int) -> int:
    """Behind the last newline before the boundary, else behind the last NUL, where no record goes on."""
    floor = max(start, boundary - WINDOW_BYTES)
    for byte in (b"\n", b"\0"):
        step, end = 4096, boundary
        while end > floor:  # backwards in growing steps
            begin = max(floor, end - step)
            at = os.pread(descriptor, end - begin, begin).rfind(byte)
            if at >= 0:
                return begin + at + 1
            end, step = begin, step * 4
    return boundary


def read(block: Block, into: bytearray | None = None) -> bytearray:
    """The block's bytes with their margins; NULs beyond the ends of the file, or what the file no longer has.

    Read ``into`` a buffer, which grows as needed, whatever is behind the second margin is of no meaning.
    """
    size = block.end - block.start + 2 * MARGIN_BYTES
    text = bytearray() if into is None else into
    if len(text) < size:
        text.extend(bytes(size - len(text)))
    first = max(block.start - MARGIN_BYTES, 0)
    last = min(block.end + MARGIN_BYTES, block.source.size)
    at = first - block.start + MARGIN_BYTES
    end = at + last - first
    text[:at] = bytes(at)
    with block.source.path.open("rb", buffering=0) as file, memoryview(text) as view:
        file.seek(first)
        while at < end and (count := file.readinto(view[at:end])):
            at += count
    text[at:size] = bytes(size - at)
    return text


def scan_block(block: Block, journals: Journals, buffer: bytearray | None = None) -> Scanned:
    """What stands in a block. With a ``buffer``, used again and again, memory is touched for the first time only once,
    which costs as much as reading a block."""
    text = read(block, buffer)
    found = scan(
        text,
        MARGIN_BYTES,
        MARGIN_BYTES + block.end - block.start,
        block.source.base + block.start,
        journals.length_of,
    )
    base = block.source.base
    start = base + block.start
    settled = settle(found.fragments, found.gaps.tokens, Around(found.gaps.strange), few=FEW)
    settled, given_up = without_inner(settled, found.gaps.strange)
    first = first_seen(found.wholes, settled)
    unowned, gaps = found.gaps.unowned, found.gaps.strange
    return Scanned(base, start, base + block.end, found.wholes, unowned, gaps, settled, given_up, first)

"""Files in blocks: where they are cut, and who scans them.

A cut lies just behind the last newline of the two mebibytes before the nominal boundary, else at the
boundary. So it depends on the bytes alone, blocks need no overlap, and they can be scanned in any order
by any number of processes; results come back in file order.
"""

import logging
import multiprocessing
import os
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import multiprocessing_logging

from harness.analysis.journals import Journals, open_journals
from harness.analysis.scan import MARGIN_BYTES, Scan, scan
from harness.analysis.settle import Settled, settle

log = logging.getLogger(__name__)

BLOCK_BYTES = 4 * 2**20
WINDOW_BYTES = 2 * 2**20
PARALLEL_ABOVE_BYTES = 32 * 2**20
AHEAD = 2
"""Blocks per process that may be scanned before their turn comes."""


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
    """A block's scan, with what could be settled inside it.

    ``file`` is the position of the first byte of its file, ``end`` that behind the block's last byte.
    """

    file: int
    end: int
    scan: Scan
    settled: Settled


def sources(files: Sequence[Path]) -> tuple[list[Source], list[str]]:
    """The files that can be read, one behind the other, and notes on the others."""
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
        base += size
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
    """Behind the last newline before the boundary; looked for backwards in growing steps."""
    step = 4096
    floor = max(start, boundary - WINDOW_BYTES)
    end = boundary
    while end > floor:
        begin = max(floor, end - step)
        at = os.pread(descriptor, end - begin, begin).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        end, step = begin, step * 4
    return boundary


def read(block: Block) -> bytearray:
    """The block's bytes with their margins; NULs beyond the ends of the file."""
    text = bytearray(block.end - block.start + 2 * MARGIN_BYTES)
    first = max(block.start - MARGIN_BYTES, 0)
    last = min(block.end + MARGIN_BYTES, block.source.size)
    view = memoryview(text)[first - block.start + MARGIN_BYTES :][: last - first]
    with block.source.path.open("rb", buffering=0) as file:
        file.seek(first)
        while view and (count := file.readinto(view)):
            view = view[count:]
    return text


def scan_block(block: Block, journals: Journals) -> Scanned:
    """What stands in a block."""
    text = read(block)
    found = scan(
        text,
        MARGIN_BYTES,
        len(text) - MARGIN_BYTES,
        block.source.base + block.start,
        journals.length_of,
    )
    return Scanned(block.source.base, block.source.base + block.end, found, settle(found.fragments, found.gaps.tokens))


_journals = Journals([])
"""In a worker process: the journals, opened once."""


def _initialise(directory: Path | None) -> None:
    global _journals
    _journals, _ = open_journals(directory)


def _scan_in_worker(block: Block) -> Scanned:
    return scan_block(block, _journals)


def scan_all(
    sources_: Sequence[Source],
    journals: Journals,
    directory: Path | None,
    processes: int,
    block_bytes: int,
) -> Iterator[Scanned]:
    """The scans of all blocks in file order; by worker processes when the input is worth them."""
    work = (block for source in sources_ for block in blocks(source, block_bytes))
    total = sum(source.size for source in sources_)
    if processes < 2 or total < PARALLEL_ABOVE_BYTES:
        for block in work:
            yield scan_block(block, journals)
        return
    log.debug("%d bytes are scanned by %d processes", total, processes)
    context = multiprocessing.get_context("fork")
    waiting: deque[Future[Scanned]] = deque()
    with _logging_of_workers(), ProcessPoolExecutor(processes, context, _initialise, (directory,)) as pool:
        try:
            for block in work:
                waiting.append(_submit(pool, block))
                if len(waiting) > AHEAD * processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _logging_of_workers() -> Iterator[None]:
    """What workers log reaches this process's handlers. The library insists on fork as the default."""
    forking = multiprocessing.get_start_method() == "fork"
    if forking:
        multiprocessing_logging.install_mp_handler()
    try:
        yield
    finally:
        if forking:
            multiprocessing_logging.uninstall_mp_handler()


def _submit(pool: ProcessPoolExecutor, block: Block) -> "Future[Scanned]":
    """Hand a block over.

    The first one forks the workers, which newer Pythons warn of when threads run; none of them
    holds a lock that a worker takes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return pool.submit(_scan_in_worker, block)

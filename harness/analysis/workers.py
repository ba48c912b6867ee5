"""Who scans blocks: this process, or worker processes when the input is worth them.

Results come back in file order. What a worker found is arrays, about an eighth of the bytes that it read;
they come through memory that both processes share, in one slot for each block in flight, and only their
shapes go through the pipe of the pool.
"""

import logging
import mmap
import multiprocessing
import pickle
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import multiprocessing_logging

from harness.analysis.blocks import Block, Scanned, Source, blocks, scan_block
from harness.analysis.journals import Journals, open_journals

log = logging.getLogger(__name__)

PARALLEL_ABOVE_BYTES = 32 * 2**20
AHEAD = 2
"""Blocks per process that may be scanned before their turn comes."""
SLOT_BYTES = 8 * 2**20
"""Room for what is found in a block; bigger findings, as of very short pieces, go through the pipe."""

Parcel = tuple[bytes, list[int], list[bytes]]
"""A pickle, and its buffers: the sizes of those in the slot, or the buffers themselves."""


@dataclass(slots=True)
class _Worker:
    """What a worker process keeps between blocks: the journals, opened once, the memory that it shares with its
    parent, and room for a block."""

    journals: Journals
    shared: mmap.mmap
    buffer: bytearray = field(default_factory=bytearray)


_worker: list[_Worker] = []
"""In a worker process, the one that it is."""


def scan_all(
    sources: Sequence[Source],
    journals: Journals,
    directory: Path | None,
    processes: int,
    block_bytes: int,
) -> Iterator[Scanned]:
    """The scans of all blocks in file order; by worker processes when the input is worth them."""
    work = (block for source in sources for block in blocks(source, block_bytes))
    total = sum(source.size for source in sources)
    if processes < 2 or total < PARALLEL_ABOVE_BYTES:
        buffer = bytearray()
        for block in work:
            yield scan_block(block, journals, buffer)
        return
    log.debug("%d bytes are scanned by %d processes", total, processes)
    context = multiprocessing.get_context("fork")
    waiting: deque[tuple[int, Future[Parcel]]] = deque()
    slots = list(range(AHEAD * processes + 1))
    shared = mmap.mmap(-1, SLOT_BYTES * len(slots))
    initial = (directory, shared)
    with (
        _logging_of_workers(),
        ProcessPoolExecutor(processes, context, _initialise, initial) as pool,
    ):
        try:
            for block in work:
                slot = slots.pop()
                waiting.append((slot, _submit(pool, block, slot)))
                if not slots:
                    yield _received(shared, slots, *waiting.popleft())
            while waiting:
                yield _received(shared, slots, *waiting.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _initialise(directory: Path | None, shared: mmap.mmap) -> None:
    journals, _ = open_journals(directory)
    _worker[:] = [_Worker(journals, shared)]


def _scan_in_worker(block: Block, slot: int) -> Parcel:
    (worker,) = _worker
    buffers: list[pickle.PickleBuffer] = []
    scanned = scan_block(block, worker.journals, worker.buffer)
    text = pickle.dumps(scanned, protocol=5, buffer_callback=buffers.append)
    views = [buffer.raw() for buffer in buffers]
    sizes = [view.nbytes for view in views]
    if sum(sizes) > SLOT_BYTES:
        return text, [], [view.tobytes() for view in views]
    at = slot * SLOT_BYTES
    for view in views:
        worker.shared[at : at + view.nbytes] = view
        at += view.nbytes
    return text, sizes, []


def _received(shared: mmap.mmap, slots: list[int], slot: int, future: Future[Parcel]) -> Scanned:
    """A block's scan, copied out of its slot, which is free again."""
    text, sizes, apart = future.result()
    buffers = [bytearray(buffer) for buffer in apart]
    at = slot * SLOT_BYTES
    view = memoryview(shared)
    for size in sizes:
        buffers.append(bytearray(view[at : at + size]))
        at += size
    slots.append(slot)
    scanned: Scanned = pickle.loads(text, buffers=buffers)  # noqa: S301 # from a process of our own
    return scanned


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


def _submit(pool: ProcessPoolExecutor, block: Block, slot: int) -> "Future[Parcel]":
    """Hand a block over.

    The first one forks the workers, which newer Pythons warn of when threads run; none of them
    holds a lock that a worker takes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return pool.submit(_scan_in_worker, block, slot)

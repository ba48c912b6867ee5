"""The writer's loop with its journal, against a bare loop of the same system calls."""

import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.agent import loop
from harness.strategies.append import Append
from harness.strategies.base import APPEND, Place
from harness.strategies.flock import Flock
from harness.trace.journal import JournalWriter
from harness.trace.record import encode

RECORDS = 20_000
RECORD_BYTES = 200
ROUNDS = 9
TARGET = 0.85


def rows() -> list[tuple[str, str, str, str]]:
    """What was measured, the ratio's median with its range, and the target."""
    return [
        _row("append, 1 writer", _bare_append, _append, 1),
        _row("append, 8 writers", _bare_append, _append, 8),
        _row("flock, 8 writers", _bare_flock, _flock, 8),
    ]


Work = Callable[[Path, int, Sequence[bytes]], None]


def _row(name: str, bare: Work, ours: Work, writers: int) -> tuple[str, str, str, str]:
    ratios = []
    for number in range(ROUNDS):
        pair = [(bare, "bare"), (ours, "ours")]
        took = {label: _time(work, writers) for work, label in (pair if number % 2 else reversed(pair))}
        ratios.append(took["bare"] / took["ours"])
    middle = statistics.median(ratios)
    spread = f"{min(ratios):.2f}-{max(ratios):.2f}"
    return f"loop with journal / bare loop: {name}", f"{middle:.2f}", spread, f">= {TARGET}"


def _time(work: Work, writers: int) -> float:
    """Seconds from the common start to the last writer's end."""
    fork = multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory(dir=".") as folder:
        barrier, ends = fork.Barrier(writers + 1), fork.SimpleQueue()
        crew = [fork.Process(target=_writer, args=(work, Path(folder), n, barrier, ends)) for n in range(writers)]
        for process in crew:
            process.start()
        barrier.wait()
        for process in crew:
            process.join()
        spans = [ends.get() for _ in crew]
    return (max(end for _, end in spans) - min(start for start, _ in spans)) / 1e9


def _writer(work: Work, folder: Path, number: int, barrier: Any, ends: Any) -> None:
    records = [encode(number, seq, RECORD_BYTES) for seq in range(RECORDS)]
    barrier.wait()
    start = time.monotonic_ns()
    work(folder, number, records)
    ends.put((start, time.monotonic_ns()))


def _bare_append(folder: Path, _number: int, records: Sequence[bytes]) -> None:
    descriptor = os.open(folder / "shared.log", APPEND, 0o600)
    for data in records:
        os.write(descriptor, data)


def _append(folder: Path, number: int, records: Sequence[bytes]) -> None:
    session = Append({}).open(_place(folder, number))
    with JournalWriter(folder, number, RECORDS) as journal:
        loop.plain(session, journal, records, 0)


def _bare_flock(folder: Path, number: int, records: Sequence[bytes]) -> None:
    session = Flock({}).open(_place(folder, number))
    write, acquire, release = session.write, session.acquire, session.release
    if acquire is None or release is None:
        raise TypeError("flock has a critical section")
    for data in records:
        acquire()
        write(data)
        release()


def _flock(folder: Path, number: int, records: Sequence[bytes]) -> None:
    session = Flock({}).open(_place(folder, number))
    with JournalWriter(folder, number, RECORDS) as journal:
        loop.guarded(session, journal, records, 0)


def _place(folder: Path, number: int) -> Place:
    return Place(str(folder), str(folder), number, 8, "bench", 0, {})
